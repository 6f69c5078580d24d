"""What stays on the GPU of a Jetson with a DLA, node by node."""

from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from packager.plan.dla import Offload, offload
from packager.plan.onnx_graph import onnx_graph

ORIN, XAVIER = "8.7", "7.2"


def verdict(
    op: str, constants: dict[str, Any] | None = None, *, dims: tuple[int, ...] = (1, 8, 16, 16), trt: str = "10.3.0",
    board: str = ORIN, dtype: int = TensorProto.FLOAT, **attrs: Any
) -> Offload:  # fmt: skip
    """The verdict on one node that reads ``x`` and the constants."""
    node = helper.make_node(op, ["x", *(constants or {})], ["y"], **attrs)
    graph = helper.make_graph(
        [node],
        "net",
        [helper.make_tensor_value_info("x", dtype, dims)],
        [helper.make_tensor_value_info("y", dtype, None)],
        [numpy_helper.from_array(value, name) for name, value in (constants or {}).items()],
    )
    content = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)]).SerializeToString()
    (answer,) = offload(onnx_graph(content), trt, board)
    return answer


def kernel(size: int, groups: int = 1) -> dict[str, Any]:
    return {"w": np.zeros((8, 8 // groups, size, size), np.float32)}


@pytest.mark.parametrize(
    "answer",
    [
        verdict("Conv", kernel(3), kernel_shape=[3, 3]),
        verdict("Relu"),
        verdict("MaxPool", kernel_shape=[3, 3]),
        verdict("ConvTranspose", kernel(2), kernel_shape=[2, 2], strides=[2, 2]),
        verdict("Div", {"c": np.ones((1, 8, 1, 1), np.float32)}),
    ],
)
def test_what_orins_dla_takes(answer: Offload) -> None:
    assert answer.takes is True
    assert str(answer) == "the DLA takes it in float16"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (verdict("Erf"), "it runs no Erf"),
        (verdict("QuantizeLinear", {"s": np.float32(1), "z": np.int8(0)}), "float16 recipe"),
        (verdict("GlobalAveragePool"), "AveragePool"),
        (verdict("Conv", kernel(33), dims=(1, 8, 64, 64), kernel_shape=[33, 33]), "larger than 32"),
        (verdict("Conv", kernel(3), kernel_shape=[3, 3], strides=[9, 9]), "larger than 8"),
        (verdict("Conv", {"w": np.zeros((4, 8, 3), np.float32)}, dims=(1, 8, 16), kernel_shape=[3]), "1 spatial axes"),
        (verdict("ConvTranspose", kernel(2), kernel_shape=[2, 2], pads=[1, 1, 1, 1]), "padded"),
        (verdict("Concat", axis=2), "axis 2"),
        (verdict("Relu", dims=(1, 8, 9000, 1)), "8192"),
        (verdict("Add", {"c": np.int32(1)}, dtype=TensorProto.INT32), "INT32"),
        (verdict("Div", {"c": np.float32(1)}, trt="8.5.2"), "8.6.12"),
        (verdict("Relu", trt="10.16.2"), "10.7 was the last"),
    ],
)
def test_what_stays_on_the_gpu(answer: Offload, why: str) -> None:
    assert why in str(answer)
    assert answer.takes is False


@pytest.mark.parametrize(
    "answer",
    [
        verdict("Relu", board=XAVIER, trt="8.5.2"),
        verdict("MaxPool", kernel_shape=[9, 9]),
        verdict("Softmax"),
    ],
)
def test_what_the_sources_leave_open(answer: Offload) -> None:
    assert answer.takes is None
    assert str(answer).startswith("perhaps on the DLA: ")


def test_an_open_dimension_keeps_a_node_off_it() -> None:
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 8, 4, 4])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, None)
    graph = helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "net", [x], [y])
    content = helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 13)]).SerializeToString()
    (answer,) = offload(onnx_graph(content), "10.3.0", ORIN)
    assert "open dimension" in answer.why
