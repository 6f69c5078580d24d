"""SOFTMAX over the last dimension."""

import math
from collections.abc import Sequence

import numpy as np

from packager.ir import DType
from packager.ops import _fixed_point as fixed
from packager.ops._contract import Array, Call, OpDef, present
from packager.ops._exponential import exp_of_negative, reciprocal
from packager.ops._requantize import ends
from packager.ops._table import interpolate, points

_DIFF_BITS = 5
_SUM_BITS = 12


def reference(call: Call, inputs: Sequence[Array | None]) -> tuple[Array, ...]:
    x = present(inputs[0])
    if call.input(0).dtype.is_float:
        return (_float(x, call.attrs["beta"]),)
    if call.input(0).dtype is DType.INT16:
        return (_int16(call, x),)
    return (_fixed(call, x) if call.arithmetic != "xnnpack" else _table(call, x),)


EXP = points(np.exp, -10.0, 0.0)
INVERSE = points(lambda x: 1 / (1 + x), 0.0, 1.0)


def _float(x: Array, beta: float) -> Array:
    shifted = np.exp((x - x.max(axis=-1, keepdims=True)) * np.float32(beta))
    result: Array = (shifted / shifted.sum(axis=-1, keepdims=True)).astype(np.float32)
    return result


def _fixed(call: Call, x: Array) -> Array:
    """LiteRT's reference kernel: exponentials in Q0, their sum in Q12, one reciprocal by Newton's method."""
    low, high = ends(call.output)
    step = min(call.attrs["beta"] * call.input(0).scale * (1 << (31 - _DIFF_BITS)), 2.0**31 - 1)
    mantissa, shift = fixed.quantize_multiplier(step)
    widest = math.floor(((1 << _DIFF_BITS) - 1) * (1 << (31 - _DIFF_BITS)) / (1 << int(shift)))
    diff = x.astype(np.int64) - x.max(axis=-1, keepdims=True)
    counted = diff >= -widest
    scaled = fixed.doubling_high_mul(np.where(counted, diff, 0) << shift, mantissa)
    exponentials = exp_of_negative(scaled, _DIFF_BITS)
    parts = np.where(counted, fixed.divide_by_power_of_two(exponentials, _SUM_BITS), 0)
    scale, over_unit = reciprocal(parts.sum(axis=-1, keepdims=True), _SUM_BITS)
    q = fixed.divide_by_power_of_two(fixed.doubling_high_mul(scale, exponentials), over_unit + 31 - 8) + low
    return np.where(counted, np.clip(q, low, high), low).astype(x.dtype)


def _table(call: Call, x: Array) -> Array:
    """LiteRT's optimized kernel on x86 (XNNPACK takes no quantized softmax): a table of exponentials in float32.

    The sum runs from first to last in float32, as the kernel adds.
    """
    low, high = ends(call.output)
    scale = np.float32(-call.input(0).scale) * np.float32(call.attrs["beta"])
    exponents = scale * np.arange(256, dtype=np.float32)
    table = np.asarray([math.exp(float(e)) for e in exponents], np.float64).astype(np.float32)
    values = table[x.max(axis=-1, keepdims=True).astype(np.int64) - x]
    total = np.add.accumulate(values, axis=-1, dtype=np.float32)[..., -1:]
    inverse = np.float32(1) / (total * np.float32(call.output.scale))
    scaled = values * inverse
    rounded = np.floor(scaled + np.float32(0.5)) if x.dtype == np.uint8 else fixed.half_away(scaled)
    q: Array = np.clip(rounded + call.output.zero_point, low, high).astype(x.dtype)
    return q


def step16(call: Call) -> float:
    """One step of a 16-bit input in steps of the table of exponentials."""
    return float(np.float32(call.input(0).scale) * np.float32(call.attrs["beta"])) / (10.0 / 65535.0)


def _int16(call: Call, x: Array) -> Array:
    """Tables of the exponential on [-10, 0] and of ``1 / (1 + x)`` on [0, 1], both in Q15."""
    diff = fixed.multiply(x.astype(np.int64) - x.max(axis=-1, keepdims=True), *fixed.quantize_multiplier(step16(call)))
    exponentials = interpolate(np.clip(diff + 32767, -32768, 32767), EXP)
    total = exponentials.sum(axis=-1, keepdims=True)
    headroom = fixed.leading_zeros(total)
    mantissa = ((total << (headroom - 1)) + (1 << 13)) >> 14
    inverse = interpolate(np.clip(mantissa - (1 << 15) - (1 << 16), -32768, 32767), INVERSE)
    right = 31 - headroom
    q: Array = np.clip((exponentials * inverse + ((np.int64(1) << right) >> 1)) >> right, 0, 32767).astype(np.int16)
    return q


OP = OpDef(
    name="SOFTMAX",
    reference=reference,
    types=frozenset({DType.FLOAT32, DType.INT8, DType.UINT8, DType.INT16}),
    stacked=1,
)
