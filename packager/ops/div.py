"""DIV: quotient of two arrays, with broadcasting."""

from collections.abc import Sequence

import numpy as np

from packager.ir import DType
from packager.ops import _fixed_point as fixed
from packager.ops._contract import Array, Call, OpDef, present
from packager.ops._elementwise import centred
from packager.ops._exponential import reciprocal
from packager.ops._requantize import activation_of, clamp, clamp_float

DIGITS = 31
MOST_SHIFT = 22
"""The largest shift of a multiplier: a dividend of 9 bits and a sign leaves so many to shift back by."""
_BEYOND = 1 << 16
"""More than any quotient that is not clamped."""


def reference(call: Call, inputs: Sequence[Array | None]) -> tuple[Array, ...]:
    """XNNPACK divides in float only, so integers are LiteRT's own kernel in both arithmetics.

    Where the divisor is zero, at which LiteRT stops, the quotient is the end that the dividend points to, and zero for
    zero. Where LiteRT would shift a small quotient by more than 31 bits, which C does not define, it is 0.
    """
    a, b = present(inputs[0]), present(inputs[1])
    if call.input(0).dtype.is_float:
        return (clamp_float(a / b, activation_of(call.attrs)),)
    first, second = np.broadcast_arrays(centred(a, call.input(0)), centred(b, call.input(1)))
    mantissa, shift = fixed.quantize_multiplier(multiplier(call))
    q = np.where(second == 0, np.sign(first) * _BEYOND, quotient(first, second, mantissa, shift))
    return (clamp(q + call.output.zero_point, call.output, activation_of(call.attrs), "integer"),)


def multiplier(call: Call) -> float:
    """Of the quotient of both inputs' integers, in float32 as LiteRT computes it."""
    first, second, output = (np.float32(t.scale) for t in (call.input(0), call.input(1), call.output))
    return float(first / (second * output))


def quotient(a: fixed.Int, b: fixed.Int, mantissa: fixed.Int, shift: fixed.Int) -> fixed.Int:
    """``a / b`` scaled: the dividend with all its bits to the left times the divisor's reciprocal."""
    dividend = np.where(b < 0, -a, a)
    inverse, over_unit = reciprocal(np.maximum(np.abs(b), 1), DIGITS)
    headroom = _sign_bits(dividend)
    high = fixed.doubling_high_mul(dividend << headroom, inverse)
    scaled = fixed.doubling_high_mul(high, mantissa)
    right = headroom + over_unit - shift
    return np.where(right > DIGITS, 0, fixed.divide_by_power_of_two(scaled, np.clip(right, 0, DIGITS)))


def _sign_bits(x: fixed.Int) -> fixed.Int:
    """Bits that repeat the sign of a number of 32 bits, besides the sign itself."""
    return fixed.leading_zeros(np.where(x < 0, ~x, x)) - 1


def _objection(call: Call) -> str:
    if call.input(0).dtype.is_float or int(fixed.quantize_multiplier(multiplier(call))[1]) <= MOST_SHIFT:
        return ""
    return "its output's scale is too small for its inputs'"


OP = OpDef(
    name="DIV",
    reference=reference,
    types=frozenset({DType.FLOAT32, DType.INT8, DType.UINT8}),
    stacked=2,
    objection=_objection,
)
