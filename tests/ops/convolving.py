"""Models of one convolution, depthwise convolution or dense layer, with random weights."""

import dataclasses
import math
from typing import Any

import numpy as np
from ops.judging import per_channel, quant

from packager.ir import Activation, DType, GraphBuilder, Model, Padding
from packager.ir._schema import code_of


@dataclasses.dataclass(frozen=True, kw_only=True)
class Case:
    """One layer; the defaults are an ordinary one."""

    shape: tuple[int, ...] = (1, 9, 8, 5)
    kernel: tuple[int, int] = (3, 3)
    channels: int = 7
    stride: tuple[int, int] = (1, 1)
    dilation: tuple[int, int] = (1, 1)
    padding: Padding = Padding.SAME
    activation: Activation = Activation.NONE
    per_channel: bool = True
    bias: bool = True
    zeros: tuple[int, int] = (-3, 5)
    scales: tuple[float, float] = (0.05, 0.06)
    weight_scale: float = 0.01
    dtype: DType = DType.INT8
    groups: int = 1
    multiplier: int = 1
    bias_dtype: DType | None = None
    seed: int = 0

    @property
    def is_float(self) -> bool:
        return self.dtype.is_float

    def spatial(self) -> tuple[int, int]:
        out = []
        for size, k, s, d in zip(self.shape[1:3], self.kernel, self.stride, self.dilation, strict=True):
            reach = (k - 1) * d + 1
            out.append(-(-size // s) if self.padding is Padding.SAME else (size - reach) // s + 1)
        return out[0], out[1]


def convolution(case: Case) -> Model:
    height, width = case.spatial()
    filter_shape = (case.channels, *case.kernel, case.shape[3] // case.groups)
    return _layer(
        case,
        "CONV_2D",
        filter_shape,
        0,
        (case.shape[0], height, width, case.channels),
        options="Conv2DOptions",
        dilation_h_factor=case.dilation[0],
        dilation_w_factor=case.dilation[1],
    )


def depthwise(case: Case) -> Model:
    height, width = case.spatial()
    channels = case.shape[3] * case.multiplier
    return _layer(
        case,
        "DEPTHWISE_CONV_2D",
        (1, *case.kernel, channels),
        3,
        (case.shape[0], height, width, channels),
        options="DepthwiseConv2DOptions",
        depth_multiplier=case.multiplier,
        dilation_h_factor=case.dilation[0],
        dilation_w_factor=case.dilation[1],
    )


def dense(case: Case) -> Model:
    depth = math.prod(case.shape[1:])
    return _layer(
        case,
        "FULLY_CONNECTED",
        (case.channels, depth),
        0,
        (case.shape[0], case.channels),
        options="FullyConnectedOptions",
    )


def _layer(
    case: Case,
    op: str,
    filter_shape: tuple[int, ...],
    axis: int,
    out_shape: tuple[int, ...],
    *,
    options: str,
    **attrs: Any,
) -> Model:
    rng = np.random.default_rng(case.seed)
    b = GraphBuilder()
    outputs = filter_shape[axis]
    x_quant = None if case.is_float else quant(case.scales[0], case.zeros[0])
    y_quant = None if case.is_float else quant(case.scales[1], case.zeros[1])
    x = b.input("x", case.shape, case.dtype, x_quant)
    if case.is_float:
        w = b.const(rng.normal(size=filter_shape).astype(np.float32), "w")
        bias = b.const(rng.normal(size=outputs).astype(np.float32), "b")
    else:
        count = outputs if case.per_channel else 1
        scales = (case.weight_scale * rng.uniform(0.3, 2, count)).tolist()
        w_quant = per_channel(scales, axis) if case.per_channel else quant(scales[0])
        w = b.const(rng.integers(-127, 128, filter_shape).astype(np.int8), "w", w_quant)
        wide = case.bias_dtype or (DType.INT64 if case.dtype is DType.INT16 else DType.INT32)
        products = [scale * case.scales[0] for scale in scales]
        bias_quant = per_channel(products, 0) if case.per_channel else quant(products[0])
        bias = b.const(rng.integers(-5000, 5000, outputs).astype(wide.numpy), "b", bias_quant)
    if op != "FULLY_CONNECTED":
        attrs |= {"stride_h": case.stride[0], "stride_w": case.stride[1], "padding": case.padding}
    if case.bias_dtype is not None:
        attrs["quantized_bias_type"] = code_of(case.bias_dtype)
    out = b.op(
        op,
        [x, w, bias] if case.bias else [x, w],
        out_shape,
        options=options,
        dtype=case.dtype,
        quant=y_quant,
        fused_activation_function=case.activation,
        **attrs,
    )
    return b.model([out])
