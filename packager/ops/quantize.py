"""QUANTIZE: real numbers to integers, or integers of one scale to those of another."""

from collections.abc import Sequence

import numpy as np

from packager.ir import DType
from packager.ops import _fixed_point as fixed
from packager.ops._contract import Array, Call, OpDef, present
from packager.ops._elementwise import centred, is_xnnpack, saturated, scaled


def reference(call: Call, inputs: Sequence[Array | None]) -> tuple[Array, ...]:
    x, first, output = present(inputs[0]), call.input(0), call.output
    if first.dtype.is_float:
        return (saturated(_from_real(call, x) + output.zero_point, output),)
    if is_xnnpack(call) and first.dtype is output.dtype and _taken(call):
        weight = int(np.rint(np.float32(256) * np.float32(first.scale) / np.float32(output.scale)))
        q = (centred(x, first) * weight + 0x80) >> 8
    else:
        q = scaled(centred(x, first), first.scale / output.scale)
    return (saturated(q + output.zero_point, output),)


def _from_real(call: Call, x: Array) -> Array:
    """The reference kernel divides; XNNPACK and LiteRT's vector kernels multiply by the reciprocal, ties to even."""
    scale = np.float32(call.output.scale)
    if call.arithmetic != "xnnpack":
        return fixed.half_away(np.clip(x / scale, -(2.0**31), 2.0**31 - 1))
    return np.rint(np.clip(x * (np.float32(1) / scale), -65536, 65536)).astype(np.int64)


def _taken(call: Call) -> bool:
    ratio = np.float32(call.input(0).scale) / np.float32(call.output.scale)
    return bool(2.0**-8 <= ratio <= 128)


OP = OpDef(
    name="QUANTIZE",
    reference=reference,
    types=frozenset({DType.FLOAT32, DType.INT8, DType.UINT8, DType.INT16, DType.INT32}),
    stacked=1,
    inexact={"xnnpack": "of real numbers to int16, the last elements past a multiple of 8: 1 where a tie is near"},
)
