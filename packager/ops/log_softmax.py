"""LOG_SOFTMAX over the last dimension. Int8 always goes to a scale of 1/16 and a zero point of 127: [-16, 0]."""

import math
from collections.abc import Sequence

import numpy as np

from packager.ir import DType
from packager.ops import _fixed_point as fixed
from packager.ops._contract import Array, Call, OpDef, present
from packager.ops._exponential import exp_of_negative
from packager.ops._logarithm import log_of_sum

_DIFF_BITS = 5
_SUM_BITS = 12
_TO_SIXTEENTHS = 31 - _DIFF_BITS - 4
ZERO_POINT = 127


def reference(call: Call, inputs: Sequence[Array | None]) -> tuple[Array, ...]:
    x = present(inputs[0])
    if call.input(0).dtype.is_float:
        shifted = x - x.max(axis=-1, keepdims=True)
        return (shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True)),)
    return (_fixed(call.input(0).scale, x) if call.arithmetic != "xnnpack" else _table(call, x),)


def steps(scale: float) -> tuple[int, int, int, int, int]:
    """One step of the input in Q5.26, as mantissa and shift; its inverse likewise; the largest difference that counts.

    The inverse is of the mantissa as it was rounded, which is how LiteRT forms it.
    """
    step = min(scale * (1 << (31 - _DIFF_BITS)), 2.0**31 - 1)
    mantissa, shift = (int(part) for part in fixed.quantize_multiplier(step))
    back, back_shift = (int(part) for part in fixed.quantize_multiplier(float(1 << (31 - shift)) / mantissa))
    widest = math.floor(((1 << _DIFF_BITS) - 1) * (1 << (31 - _DIFF_BITS)) / (1 << shift))
    return mantissa, shift, back, back_shift, widest


def _fixed(scale: float, x: Array) -> Array:
    """LiteRT's reference kernel: exponentials in Q0, their sum in Q12, its logarithm in Q5."""
    mantissa, shift, back, back_shift, widest = steps(scale)
    diff = x.astype(np.int64) - x.max(axis=-1, keepdims=True)
    counted = diff >= -widest
    scaled = fixed.multiply(np.where(counted, diff, 0), mantissa, shift)
    parts = np.where(counted, fixed.divide_by_power_of_two(exp_of_negative(scaled, _DIFF_BITS), _SUM_BITS), 0)
    total = log_of_sum(parts.sum(axis=-1, keepdims=True), _SUM_BITS, _DIFF_BITS)
    least = np.maximum(-widest - 1, fixed.multiply(total - (1 << 31), back, back_shift))
    q = fixed.divide_by_power_of_two(scaled - total, _TO_SIXTEENTHS) + ZERO_POINT
    return np.where(diff > least, np.clip(q, -128, 127), -128).astype(x.dtype)


def _table(call: Call, x: Array) -> Array:
    """LiteRT's optimized kernel, which XNNPACK leaves it to: a table of exponentials and a logarithm in float32."""
    scale, output = np.float32(call.input(0).scale), np.float32(call.output.scale)
    most = x.max(axis=-1, keepdims=True).astype(np.int64)
    values = exponentials(call.input(0).scale)[most - x]
    total = np.add.accumulate(values, axis=-1, dtype=np.float32)[..., -1:]
    logarithm = np.log(total.astype(np.float64)).astype(np.float32)
    before = (scale * most.astype(np.float32) + logarithm) / output
    q = np.rint(scale / output * x.astype(np.float32) - before) + call.output.zero_point
    clipped: Array = np.clip(q, -128, 127).astype(x.dtype)
    return clipped


def exponentials(scale: float) -> Array:
    """``exp(-scale * i)`` for i from 0 to 255, in float32."""
    exponents = np.float32(-scale) * np.arange(256, dtype=np.float32)
    return np.asarray([math.exp(float(e)) for e in exponents], np.float64).astype(np.float32)


OP = OpDef(name="LOG_SOFTMAX", reference=reference, types=frozenset({DType.FLOAT32, DType.INT8}), stacked=1)
