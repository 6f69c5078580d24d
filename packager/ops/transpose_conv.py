"""TRANSPOSE_CONV: output shape, filter [out, kh, kw, in], input [n, h, w, in], bias [out]."""

import dataclasses
import math
from collections.abc import Sequence

import numpy as np

from packager.ir import DType, Padding
from packager.ops._contract import FAST17, Array, Call, OpDef, present
from packager.ops._contraction import centred, finish
from packager.ops._requantize import Rule
from packager.ops._windows import axis_of

_GROUPED = 8
"""Channels that LiteRT's own kernel scales at once."""


def reference(call: Call, inputs: Sequence[Array | None]) -> tuple[Array, ...]:
    """Every input pixel adds its weighted kernel to the output; XNNPACK gathers instead, with the same sums."""
    weights, first = call.input(1), call.input(2)
    like = np.float32 if first.dtype.is_float else np.float64
    w, x = centred(present(inputs[1]), weights, like), centred(present(inputs[2]), first, like)
    bias = inputs[3] if len(inputs) > 3 else None
    _, height, width, channels = call.output.dims
    attrs = call.attrs
    rows = axis_of(height, w.shape[1], attrs["stride_h"], 1, attrs["padding"])
    columns = axis_of(width, w.shape[2], attrs["stride_w"], 1, attrs["padding"])
    tall = max((x.shape[1] - 1) * rows.stride + w.shape[1], rows.before + height)
    wide = max((x.shape[2] - 1) * columns.stride + w.shape[2], columns.before + width)
    full: Array = np.zeros((x.shape[0], tall, wide, channels), like)
    for i in range(w.shape[1]):
        for j in range(w.shape[2]):
            bottom = i + (x.shape[1] - 1) * rows.stride + 1
            right = j + (x.shape[2] - 1) * columns.stride + 1
            full[:, i : bottom : rows.stride, j : right : columns.stride] += x @ w[:, i, j].T
    cut = full[:, rows.before : rows.before + height, columns.before : columns.before + width]
    own = _as_convolution(call)
    if not is_declined(call):
        return (finish(own, cut, bias, _rule(call)),)
    grouped, others = (finish(own, cut, bias, rule) for rule in (Rule.UPWARDS, Rule.TWICE))
    return (np.where(np.arange(channels) < channels // _GROUPED * _GROUPED, grouped, others),)


def _as_convolution(call: Call) -> Call:
    """The call with its inputs in the order of the other convolutions: activations, weights, bias."""
    return dataclasses.replace(call, inputs=(call.inputs[2], call.inputs[1], *call.inputs[3:]))


def is_declined(call: Call) -> bool:
    """Whether XNNPACK leaves it to LiteRT's own kernel: SAME padding with a stride over the kernel.

    That kernel rounds whole groups of 8 channels with ties upwards, and those behind them away from zero.
    """
    attrs, (_, height, width, _) = call.attrs, call.input(1).dims
    above = attrs["stride_h"] > height or attrs["stride_w"] > width
    return call.arithmetic == "xnnpack" and attrs["padding"] == Padding.SAME and above and call.input(2).is_quantized


def _rule(call: Call) -> Rule:
    return {FAST17: Rule.FAST17, "xnnpack": Rule.FLOAT32}.get(call.arithmetic, Rule.TWICE)


def macs(call: Call) -> int:
    return call.input(2).elements * math.prod(call.input(1).dims[:3])


def objection(call: Call) -> str:
    if call.input(2).dtype not in {DType.FLOAT32, DType.INT8}:
        return f"TRANSPOSE_CONV has no reference for {call.input(2).dtype}"
    return ""


OP = OpDef(
    name="TRANSPOSE_CONV",
    reference=reference,
    macs=macs,
    kind="conv",
    types=frozenset({DType.INT32}),
    objection=objection,
)
