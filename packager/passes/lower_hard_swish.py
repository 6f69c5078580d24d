"""HARD_SWISH from operators that every accelerator has."""

from collections.abc import Sequence

import numpy as np

from packager.ir import DType, Graph, GraphBuilder, Model, Padding, QuantParams, TensorType
from packager.ops import Array, call_of, find_op
from packager.passes._splice import splice
from packager.rewrite import Pass, PassResult

_GATE = QuantParams.per_tensor(1 / 255, -128)
"""Of values from 0 to 1: storing them saturates, which is the clamp."""
_WEIGHT = 127
_MOST_BIAS = 1 << 30
"""Leaves room in 32 bits for the products; the bias is 1/2 in steps of the input's scale, which may be tiny."""


class LowerHardSwish(Pass):
    """Computes ``x * clamp(x / 6 + 1/2, 0, 1)`` of int8 images: a depthwise 1x1 convolution that clamps, and a product.

    Not exact: the gate is rounded to 8 bits. Each note says by how many steps a result can differ from
    HARD_SWISH's, found by trying all 256 inputs.
    """

    def apply(self, model: Model) -> PassResult:
        return splice(model, _lower)


def _lower(b: GraphBuilder, graph: Graph, index: int) -> str:
    node = graph.nodes[index]
    if node.op != "HARD_SWISH":
        return ""
    x, y = graph.tensors[node.inputs[0]].type, graph.tensors[node.outputs[0]]
    if x.dtype is not DType.INT8 or not x.is_quantized or not y.type.is_quantized or len(x.dims) != 4:
        return ""
    channels = x.dims[3]
    weight, slope = _slope(x.scale)
    weights = b.const(
        np.full((1, 1, 1, channels), weight, np.int8),
        f"{y.name}/slope",
        QuantParams(scale=(slope,) * channels, zero_point=(0,) * channels, axis=3),
    )
    bias = b.const(
        np.full(channels, round(0.5 / (x.scale * slope)), np.int32),
        f"{y.name}/half",
        QuantParams(scale=(x.scale * slope,) * channels, zero_point=(0,) * channels, axis=0),
    )
    gate = b.op(
        "DEPTHWISE_CONV_2D",
        [node.inputs[0], weights, bias],
        x.dims,
        options="DepthwiseConv2DOptions",
        name=f"{y.name}/gate",
        dtype=DType.INT8,
        quant=_GATE,
        version=3,
        padding=int(Padding.SAME),
        stride_w=1,
        stride_h=1,
        depth_multiplier=1,
        dilation_w_factor=1,
        dilation_h_factor=1,
    )
    b.node("MUL", [node.inputs[0], gate], [node.outputs[0]], options="MulOptions", version=2)
    steps = int(np.abs(_exact(graph, index) - _lowered(x, y.type)).max())
    return f"computed by DEPTHWISE_CONV_2D and MUL: differs by up to {steps} of 256 steps"


def _slope(scale: float) -> tuple[int, float]:
    """Return the weight and its scale, 1/6 together, such that 1/2 in steps of the product's scale fits a bias."""
    weight = min(_WEIGHT, int(_MOST_BIAS * scale / 3))
    if weight:
        return weight, 1 / 6 / weight
    return 0, 0.5 / (scale * _MOST_BIAS)  # all inputs are below 1e-6: the gate is 1/2 for each


def _inputs() -> Array:
    return np.arange(-128, 128).astype(np.int8)


def _exact(graph: Graph, index: int) -> Array:
    found = find_op("HARD_SWISH")
    assert found is not None
    inputs: Sequence[Array] = [_inputs()]
    return found.reference(call_of(graph, graph.nodes[index]), inputs)[0].astype(np.int64)


def _lowered(x: TensorType, y: TensorType) -> Array:
    real = (_inputs().astype(np.float64) - x.zero_point) * x.scale
    gate = np.clip(np.rint((real / 6 + 0.5) * 255), 0, 255) / 255
    steps: Array = np.clip(np.rint(real * gate / y.scale) + y.zero_point, -128, 127).astype(np.int64)
    return steps
