"""Reciprocal square roots in LiteRT's fixed point, for RSQRT and L2_NORMALIZATION.

Newton's method on ``x * (3 - a * x * x) / 2`` in Q3.28, of `a` brought to [1, 4) halves by an even shift; constants are
the nearest integers to the real numbers named beside them.
"""

import numpy as np

from packager.ops._fixed_point import Int, divide_by_power_of_two, doubling_high_mul, leading_zeros, saturate

_STEPS = 5
_THREE_HALVES = (1 << 28) + (1 << 27)
_HALF_SQRT_2 = 1518500250
"""In Q0.31."""
_LARGEST = (1 << 31) - 1
_DEEPEST = 11


def inverse_sqrt(value: Int) -> tuple[Int, Int]:
    """Return mantissa and shift, as `multiply` takes them, of ``1 / sqrt(value)`` for int32 values; 0 counts as 1."""
    given = np.maximum(np.asarray(value, np.int64), 2)
    large = np.zeros_like(given)
    while (over := given >= 1 << 29).any():
        given = np.where(over, given // 4, given)
        large += over
    pairs = (leading_zeros(given) - 1) // 2 - 1
    shift = _DEEPEST + large - pairs
    mantissa = _newton((given << (2 * pairs)) >> 1)
    mantissa, shift = np.where(shift < 0, mantissa << np.maximum(-shift, 0), mantissa), np.maximum(shift, 0)
    least = np.asarray(value) <= 1
    return np.where(least, _LARGEST, mantissa), np.where(least, 0, -shift)


def _newton(value: Int) -> Int:
    half = divide_by_power_of_two(value, 1)
    x: Int = np.full_like(value, 1 << 28)
    for _ in range(_STEPS):
        cubed = saturate(doubling_high_mul(doubling_high_mul(x, x), x) << 6)
        x = saturate((doubling_high_mul(_THREE_HALVES, x) - doubling_high_mul(half, cubed)) << 3)
    return doubling_high_mul(x, _HALF_SQRT_2)
