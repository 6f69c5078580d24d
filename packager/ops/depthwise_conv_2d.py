"""DEPTHWISE_CONV_2D: input [n, h, w, c], filter [1, kh, kw, c * multiplier], bias [c * multiplier]."""

from collections.abc import Sequence

import numpy as np

from packager.ir import DType
from packager.ops._contract import FAST17, Array, Call, OpDef
from packager.ops._contraction import TYPES, finish, is_wide, objection, operands
from packager.ops._requantize import Rule
from packager.ops._windows import axes_of, windows


def reference(call: Call, inputs: Sequence[Array | None]) -> tuple[Array, ...]:
    x, w = operands(call, inputs, channel_axis=3)
    bias = inputs[2] if len(inputs) > 2 else None
    _, height, width, channels = w.shape
    spread = x if channels == x.shape[3] else np.repeat(x, channels // x.shape[3], axis=3)
    view = windows(spread, *axes_of(call, x.shape, height, width))
    total: Array = np.zeros(view.shape[:4], x.dtype)
    for row in range(height):
        for column in range(width):
            total += view[..., row, column] * w[0, row, column]
    return (finish(call, total, bias, rule_of(call)),)


def rule_of(call: Call) -> Rule:
    if is_wide(call):
        return Rule.WIDE
    if call.arithmetic == FAST17 and call.input(0).dtype is DType.INT8:
        return Rule.FAST17
    in_float = call.arithmetic == "xnnpack" and call.input(0).dtype is not DType.INT16
    return Rule.FLOAT32 if in_float else Rule.TWICE


def macs(call: Call) -> int:
    _, height, width, _ = call.input(1).dims
    return call.output.elements * height * width


OP = OpDef(
    name="DEPTHWISE_CONV_2D",
    reference=reference,
    macs=macs,
    kind="depthwise",
    types=TYPES,
    stacked=1,
    objection=objection,
)
