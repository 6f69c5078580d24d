"""2:4 sparse weights in an ONNX file, as TensorRT will read them."""

from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from packager.plan.onnx_sparsity import sparse_nodes

ROW = np.array([[1, 0, 0, 2, 0, 3, 4, 0]], np.float32)
"""Of every four neighbours two are zero; of those four columns apart (0, 2, 4, 6), too, but not of 0, 3, 5, 6."""


def file(node: Any, *constants: tuple[str, Any], before: tuple[Any, ...] = ()) -> bytes:
    tensors = [numpy_helper.from_array(np.asarray(data), name) for name, data in constants]
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, None)
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, None)
    graph = helper.make_graph([*before, node], "g", [x], [y], tensors)
    content: bytes = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)]).SerializeToString()
    return content


def gemm(**attrs: Any) -> onnx.NodeProto:
    return helper.make_node("Gemm", ["x", "w"], ["y"], **attrs)


@pytest.mark.parametrize(
    ("node", "weights", "found"),
    [
        (gemm(transB=1), ROW, (0,)),
        (gemm(), ROW.T, (0,)),
        (gemm(), np.repeat(ROW, 8, 0), ()),
        (helper.make_node("MatMul", ["x", "w"], ["y"]), ROW.T, (0,)),
        (helper.make_node("Conv", ["x", "w"], ["y"]), ROW.reshape(1, 8, 1, 1), (0,)),
        (helper.make_node("Conv", ["x", "w"], ["y"]), ROW.reshape(1, 1, 8, 1), ()),
        (helper.make_node("Conv", ["x", "w"], ["y"]), np.ones((1, 8, 3, 3), np.float32), ()),
    ],
    ids=["transB", "Gemm", "outputs-not-inputs", "MatMul", "Conv", "the-window-does-not-count", "dense"],
)
def test_the_pattern_is_along_the_input_channels(
    node: onnx.NodeProto, weights: "np.ndarray[Any, Any]", found: tuple[int, ...]
) -> None:
    assert sparse_nodes(file(node, ("w", weights))) == found


def test_every_place_of_a_window_has_its_own_pattern() -> None:
    weights = np.zeros((1, 4, 1, 2), np.float32)
    weights[0, :2, 0, 0] = weights[0, 2:, 0, 1] = 1
    conv = helper.make_node("Conv", ["x", "w"], ["y"])
    assert sparse_nodes(file(conv, ("w", weights))) == (0,)
    weights[0, 2, 0, 0] = 1
    assert sparse_nodes(file(conv, ("w", weights))) == ()


def pair(axis: int) -> tuple[onnx.NodeProto, onnx.NodeProto]:
    return (
        helper.make_node("QuantizeLinear", ["f", "s", "z"], ["q"], axis=axis),
        helper.make_node("DequantizeLinear", ["q", "s", "z"], ["w"], axis=axis),
    )


def test_weights_count_as_the_integers_that_they_become() -> None:
    scale, zero = np.array([0.5, 2], np.float32), np.zeros(2, np.int8)
    dense = np.array([[1, 0, 0.2, 2], [1, 0.9, 2, 4]], np.float32)  # rows of integers 2 0 0 4 and 0 0 1 2
    constants: tuple[tuple[str, Any], ...] = (("f", dense), ("s", scale), ("z", zero))
    assert sparse_nodes(file(gemm(transB=1), *constants, before=pair(0))) == (2,)
    constants = (("f", dense.T), ("s", scale), ("z", zero))
    assert sparse_nodes(file(gemm(), *constants, before=pair(1))) == (2,)
    constants = (("f", dense), ("s", np.float32(0.1)), ("z", np.int8(0)))
    assert sparse_nodes(file(gemm(transB=1), *constants, before=pair(0))) == ()


def test_integers_behind_a_dequantizelinear_and_constants_of_nodes_are_read() -> None:
    integers = (("q", ROW.astype(np.int8)), ("s", np.float32(1)), ("z", np.int8(0)))
    assert sparse_nodes(file(gemm(transB=1), *integers, before=pair(0)[1:])) == (1,)
    constant = helper.make_node("Constant", [], ["w"], value=numpy_helper.from_array(ROW))
    assert sparse_nodes(file(gemm(transB=1), before=(constant,))) == (1,)


def test_what_is_computed_has_no_pattern() -> None:
    made = helper.make_node("Relu", ["x"], ["w"])
    assert sparse_nodes(file(gemm(transB=1), before=(made,))) == ()
