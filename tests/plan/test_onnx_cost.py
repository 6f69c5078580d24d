"""Rows of a Jetson report: counts by hand, what runs inside another layer, and what is read through Q/DQ."""

from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from packager.config.profile import load_profile
from packager.plan.latency import estimate_costs
from packager.plan.onnx_cost import NodeCost, onnx_cost
from packager.plan.onnx_graph import onnx_graph

IMAGE = (1, 8, 6, 6)
SCALE: dict[str, Any] = {"scale": np.float32(0.1), "zero": np.int8(0)}


def rows(nodes: list[onnx.NodeProto], **constants: Any) -> tuple[NodeCost, ...]:
    graph = helper.make_graph(
        nodes,
        "net",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, IMAGE)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    return onnx_cost(onnx_graph(made.SerializeToString()))


def node(op: str, inputs: str, output: str = "y", **attrs: Any) -> onnx.NodeProto:
    return helper.make_node(op, inputs.split(), [output], name=f"the {op}", **attrs)


def weights(*shape: int) -> Any:
    return np.zeros(shape, np.float32)


def test_multiply_accumulates_and_kinds() -> None:
    (conv,) = rows([node("Conv", "x w", pads=[1, 1, 1, 1])], w=weights(4, 8, 3, 3))
    assert (conv.cost.kind, conv.cost.macs) == ("conv", 6 * 6 * 4 * 8 * 9)
    assert (conv.cost.params, conv.cost.constant_bytes) == (288, 1152)
    (pointwise,) = rows([node("Conv", "x w")], w=weights(4, 8, 1, 1))
    assert (pointwise.cost.kind, pointwise.cost.macs) == ("pointwise", 6 * 6 * 4 * 8)
    (depthwise,) = rows([node("Conv", "x w", group=8)], w=weights(8, 1, 3, 3))
    assert (depthwise.cost.kind, depthwise.cost.macs) == ("depthwise", 4 * 4 * 8 * 9)
    (up,) = rows([node("ConvTranspose", "x w", strides=[2, 2])], w=weights(8, 4, 2, 2))
    assert (up.cost.kind, up.cost.macs) == ("conv", 6 * 6 * 8 * 4 * 4)
    flat, gemm = rows([node("Flatten", "x", "f"), node("Gemm", "f w", transB=1)], w=weights(5, 288))
    assert (flat.cost.kind, gemm.cost.kind, gemm.cost.macs) == ("", "dense", 5 * 288)
    assert flat.reason == "no work of its own"


def test_what_follows_a_convolution_runs_inside_it() -> None:
    four = dict.fromkeys("abcd", np.ones(4, np.float32))
    chain = [node("Conv", "x w", "c"), node("BatchNormalization", "c a b c2 d", "n"), node("Relu", "n")]
    conv, norm, relu = rows(chain, w=weights(4, 8, 1, 1), c2=four["c"], **{k: v for k, v in four.items() if k != "c"})
    assert conv.cost.kind == "pointwise"
    assert (norm.cost.kind, norm.reason) == ("", "inside 'the Conv'")
    assert (relu.cost.kind, relu.reason) == ("", "inside 'the Conv'")
    read_twice = [node("Conv", "x w", "c"), node("Relu", "c", "r"), node("Add", "r c")]
    _, relu, add = rows(read_twice, w=weights(8, 8, 1, 1))
    assert (relu.cost.kind, add.cost.kind) == ("elementwise", "elementwise")


def test_constants_and_precision_are_seen_through_the_pairs() -> None:
    pair = [node("QuantizeLinear", "x scale zero", "q"), node("DequantizeLinear", "q scale zero", "d")]
    levels = [node("DequantizeLinear", "w scale zero", "v"), node("Conv", "d v")]
    (conv,) = rows([*pair, *levels], w=np.zeros((4, 8, 1, 1), np.int8), **SCALE)
    assert (conv.reason, conv.cost.index) == ("int8", 3)
    assert conv.cost.macs == 6 * 6 * 4 * 8
    assert conv.cost.constant_bytes == 32 + 4 + 1
    (alone,) = rows([node("Conv", "x w")], w=weights(4, 8, 1, 1))
    assert alone.reason == "float"


def test_only_layers_take_time() -> None:
    chain = [node("Conv", "x w", "c"), node("Relu", "c", "r"), node("Flatten", "r", "y")]
    found = rows(chain, w=weights(4, 8, 1, 1))
    times = estimate_costs((row.cost for row in found), load_profile("jetson-nano")).per_op_ms
    assert times[0] > 0
    assert (times[1], times[2]) == (0.0, 0.0)
