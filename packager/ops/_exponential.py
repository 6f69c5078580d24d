"""Exponential and reciprocal in gemmlowp's fixed point, for the integer softmax and logistic.

A value of format Q``m`` has `m` integer bits and ``31 - m`` fractional bits in an int32. The constants are the nearest
integers to the real numbers named beside them.
"""

import numpy as np

from packager.ops._fixed_point import Int, divide_by_power_of_two, doubling_high_mul

ONE = (1 << 31) - 1
"""The largest Q0 value, which stands for 1."""

_EXP_MINUS_EIGHTH = 1895147668
_THIRD = 715827883
_EXP_OF_POWERS = (1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242)
"""``exp(-2^k)`` in Q0 for k from -2 to 4."""
_48_OVER_17 = 1515870810
_MINUS_32_OVER_17 = -1010580540


def exp_of_negative(a: Int, integer_bits: int = 5) -> Int:
    """``exp(a)`` in Q0 for `a` at most 0 in Q`integer_bits`: a Taylor series on a quarter, then factors by bits."""
    fraction = 31 - integer_bits
    quarter = 1 << (fraction - 2)
    remainder = (a & (quarter - 1)) - quarter
    result = _exp_on_quarter(remainder << integer_bits)
    rest = remainder - a
    for k, factor in zip(range(-2, integer_bits), _EXP_OF_POWERS, strict=False):
        result = np.where(rest & (1 << (fraction + k)), doubling_high_mul(result, factor), result)
    return np.where(a == 0, ONE, result)


def _exp_on_quarter(a: Int) -> Int:
    """``exp(a)`` for `a` in [-1/4, 0), both Q0: the Taylor series about -1/8."""
    x = a + (1 << 28)
    x2 = doubling_high_mul(x, x)
    x3 = doubling_high_mul(x2, x)
    x4 = doubling_high_mul(x2, x2)
    tail = doubling_high_mul(divide_by_power_of_two(x4, 2) + x3, _THIRD) + x2
    return _EXP_MINUS_EIGHTH + doubling_high_mul(_EXP_MINUS_EIGHTH, x + divide_by_power_of_two(tail, 1))


def one_over_one_plus(a: Int) -> Int:
    """``1 / (1 + a)`` for `a` in [0, 1], both Q0: three steps of Newton's method in Q2."""
    half = (a + ONE + 1) >> 1
    x = _48_OVER_17 + doubling_high_mul(half, _MINUS_32_OVER_17)
    for _ in range(3):
        error = (1 << 29) - doubling_high_mul(half, x)
        x = x + _saturate(doubling_high_mul(x, error) << 2)
    return _saturate(x << 1)


def reciprocal(x: Int, integer_bits: int) -> tuple[Int, Int]:
    """Return ``1 / x`` as a Q0 value and the binary exponent to divide it by; `x` positive, Q`integer_bits`."""
    headroom = 32 - np.frexp(x.astype(np.float64))[1].astype(np.int64)
    return one_over_one_plus((x << headroom) - (np.int64(1) << 31)), integer_bits - headroom


def _saturate(x: Int) -> Int:
    return np.clip(x, -(1 << 31), ONE)
