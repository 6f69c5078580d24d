"""Exponential and reciprocal in gemmlowp's fixed point, for the integer softmax and the gates of an LSTM.

A value of format Q``m`` has `m` integer bits and ``bits - 1 - m`` fractional bits in an integer of `bits` bits, 32 or
16. The constants are the nearest integers to the real numbers named beside them, in 32 bits; 16 take their upper half.
"""

import numpy as np

from packager.ops._fixed_point import Int, divide_by_power_of_two, leading_zeros, saturate

ONE = (1 << 31) - 1
"""The largest Q0 value of 32 bits, which stands for 1."""

_EXP_MINUS_EIGHTH = 1895147668
_THIRD = 715827883
_EXP_OF_POWERS = (1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242)
"""``exp(-2^k)`` in Q0 for k from -2 to 4."""
_48_OVER_17 = 1515870810
_MINUS_32_OVER_17 = -1010580540


def exp_of_negative(a: Int, integer_bits: int = 5, bits: int = 32) -> Int:
    """``exp(a)`` in Q0 for `a` at most 0 in Q`integer_bits`: a Taylor series on a quarter, then factors by bits."""
    fraction = bits - 1 - integer_bits
    quarter = 1 << (fraction - 2)
    remainder = (a & (quarter - 1)) - quarter
    result = _exp_on_quarter(remainder << integer_bits, bits)
    rest = remainder - a
    for k, factor in zip(range(-2, integer_bits), _EXP_OF_POWERS, strict=False):
        result = np.where(rest & (1 << (fraction + k)), _times(result, _constant(factor, bits), bits), result)
    return np.where(a == 0, _one(bits), result)


def _exp_on_quarter(a: Int, bits: int) -> Int:
    """``exp(a)`` for `a` in [-1/4, 0), both Q0: the Taylor series about -1/8."""
    x = a + (1 << (bits - 4))
    x2 = _times(x, x, bits)
    x3 = _times(x2, x, bits)
    x4 = _times(x2, x2, bits)
    tail = _times(divide_by_power_of_two(x4, 2) + x3, _constant(_THIRD, bits), bits) + x2
    first = _constant(_EXP_MINUS_EIGHTH, bits)
    return first + _times(first, x + divide_by_power_of_two(tail, 1), bits)


def one_over_one_plus(a: Int, bits: int = 32) -> Int:
    """``1 / (1 + a)`` for `a` in [0, 1], both Q0."""
    return saturate(_half_denominator(a, bits) << 1, bits)


def one_minus_over_one_plus(a: Int, bits: int) -> Int:
    """``(1 - a) / (1 + a)`` for `a` in [0, 1], both Q0."""
    return saturate((_half_denominator(a, bits) - (1 << (bits - 3))) << 2, bits)


def _half_denominator(a: Int, bits: int) -> Int:
    """``2 / (1 + a)`` in Q2: three steps of Newton's method."""
    half = (a + _one(bits) + 1) >> 1
    x = _constant(_48_OVER_17, bits) + _times(half, _constant(_MINUS_32_OVER_17, bits), bits)
    for _ in range(3):
        error = (1 << (bits - 3)) - _times(half, x, bits)
        x = x + saturate(_times(x, error, bits) << 2, bits)
    return x


def reciprocal(x: Int, integer_bits: int) -> tuple[Int, Int]:
    """Return ``1 / x`` as a Q0 value and the binary exponent to divide it by; `x` positive, Q`integer_bits`."""
    headroom = leading_zeros(x)
    return one_over_one_plus((x << headroom) - (np.int64(1) << 31)), integer_bits - headroom


def _times(x: Int | int, y: Int | int, bits: int) -> Int:
    """The upper half of twice the product, ties upwards."""
    product: Int = (np.asarray(x, np.int64) * y + (1 << (bits - 2))) >> (bits - 1)
    return product


def _one(bits: int) -> int:
    return (1 << (bits - 1)) - 1


def _constant(value: int, bits: int) -> int:
    return value if bits == 32 else (value + (1 << 15)) >> 16
