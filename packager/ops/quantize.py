"""QUANTIZE: real numbers to integers, or integers of one scale to those of another."""

from collections.abc import Sequence

import numpy as np

from packager.ir import DType
from packager.ops import _fixed_point as fixed
from packager.ops._contract import Array, Call, OpDef, present
from packager.ops._elementwise import centred, is_xnnpack, saturated, scaled

_AT_ONCE = {DType.FLOAT32: 8, DType.INT8: 16, DType.UINT8: 16}
"""Elements that LiteRT's vector kernels take, by the input's type."""


def reference(call: Call, inputs: Sequence[Array | None]) -> tuple[Array, ...]:
    x, count = present(inputs[0]), call.input(0).elements
    whole = whole_of(call)
    if whole is None:
        return (converted(call, x, vector=True),)
    place = np.arange(x.size).reshape(x.shape) % max(count, 1)
    return (np.where(place < whole, converted(call, x, vector=True), converted(call, x, vector=False)),)


def whole_of(call: Call) -> int | None:
    """How many elements LiteRT's vector kernels round in their own way, before the others; None where all are alike.

    They are what XNNPACK leaves: 8 bits to 8 bits of another sign, and real numbers to int16.
    """
    source, target = call.input(0).dtype, call.output.dtype
    mixed = {source, target} == {DType.INT8, DType.UINT8} or (source is DType.FLOAT32 and target is DType.INT16)
    if call.arithmetic != "xnnpack" or not mixed:
        return None
    at_once = _AT_ONCE[source]
    return call.input(0).elements // at_once * at_once


def converted(call: Call, x: Array, *, vector: bool) -> Array:
    """The output's integers, rounded as a vector kernel does or as the loop behind it, where `whole_of` tells them."""
    first, output = call.input(0), call.output
    if first.dtype.is_float:
        return saturated(_from_real(call, x, vector=vector) + output.zero_point, output)
    ratio = first.scale / output.scale
    if whole_of(call) is not None and vector:
        q = fixed.multiply_upwards(centred(x, first), *fixed.quantize_multiplier(ratio))
    elif is_xnnpack(call) and first.dtype is output.dtype and _taken(call):
        weight = int(np.rint(np.float32(256) * np.float32(first.scale) / np.float32(output.scale)))
        q = (centred(x, first) * weight + 0x80) >> 8
    else:
        q = scaled(centred(x, first), ratio)
    return saturated(q + output.zero_point, output)


def _from_real(call: Call, x: Array, *, vector: bool) -> Array:
    """The reference kernel divides, the others multiply by the reciprocal, ties to even, or divide in double."""
    scale = np.float32(call.output.scale)
    if call.arithmetic != "xnnpack":
        return fixed.half_away(np.clip(x / scale, -(2.0**31), 2.0**31 - 1))
    if not vector:
        return fixed.half_away(np.clip(x / np.float64(scale), -65536, 65536))
    return np.rint(np.clip(x * (np.float32(1) / scale), -65536, 65536)).astype(np.int64)


def _taken(call: Call) -> bool:
    ratio = np.float32(call.input(0).scale) / np.float32(call.output.scale)
    return bool(2.0**-8 <= ratio <= 128)


OP = OpDef(
    name="QUANTIZE",
    reference=reference,
    types=frozenset({DType.FLOAT32, DType.INT8, DType.UINT8, DType.INT16, DType.INT32}),
    stacked=1,
)
