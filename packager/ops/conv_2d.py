"""CONV_2D: input [n, h, w, c], filter [out, kh, kw, c / groups], bias [out]."""

import math
from collections.abc import Sequence

import numpy as np

from packager.ir import DType
from packager.ops._contract import FAST17, Array, Call, OpDef
from packager.ops._contraction import TYPES, finish, is_wide, operands
from packager.ops._contraction import objection as linear_objection
from packager.ops._requantize import Rule
from packager.ops._windows import axes_of, windows


def reference(call: Call, inputs: Sequence[Array | None]) -> tuple[Array, ...]:
    x, w = operands(call, inputs, channel_axis=0)
    bias = inputs[2] if len(inputs) > 2 else None
    depth = w.shape[3]
    groups = x.shape[3] // depth
    per_group = w.shape[0] // groups
    parts = [
        _accumulate(call, x[..., g * depth : (g + 1) * depth], w[g * per_group : (g + 1) * per_group])
        for g in range(groups)
    ]
    total = parts[0] if groups == 1 else np.concatenate(parts, axis=-1)
    return (finish(call, total, bias, rule_of(call)),)


def rule_of(call: Call) -> Rule:
    """XNNPACK takes 8 bits only; 16-bit activations run on LiteRT's own kernels, ruy's where the bias is int32.

    Groups run on the reference kernel.
    """
    if is_wide(call):
        return Rule.WIDE
    if call.arithmetic == FAST17 and call.input(0).dtype is DType.INT8:
        return Rule.FAST17
    if call.arithmetic != "xnnpack":
        return Rule.TWICE
    if call.input(0).dtype is not DType.INT16:
        return Rule.FLOAT32
    return Rule.UPWARDS if call.input(1).dims[3] == call.input(0).dims[3] else Rule.TWICE


def _accumulate(call: Call, x: Array, w: Array) -> Array:
    """One row of the kernel at a time: the copy that the matrix product needs stays small."""
    _, height, width, _ = w.shape
    view = windows(x, *axes_of(call, x.shape, height, width))
    total: Array = np.zeros((*view.shape[:3], w.shape[0]), x.dtype)
    for row in range(height):
        total += np.tensordot(view[..., row, :], w[:, row], axes=((3, 4), (2, 1)))
    return total


def macs(call: Call) -> int:
    return call.output.elements * math.prod(call.input(1).dims[1:])


def kind(call: Call) -> str:
    return "pointwise" if call.input(1).dims[1:3] == (1, 1) else "conv"


def objection(call: Call) -> str:
    depth, (outputs, *_, share) = call.input(0).dims[3], call.input(1).dims
    if not share or depth % share or outputs % (depth // share):
        return f"{depth} input channels do not fall into groups of {share} for {outputs} outputs"
    return linear_objection(call)


OP = OpDef(name="CONV_2D", reference=reference, macs=macs, kind=kind, types=TYPES, stacked=1, objection=objection)
