"""Natural logarithm in gemmlowp's fixed point, for the integer LOG_SOFTMAX."""

import numpy as np

from packager.ops._exponential import one_over_one_plus
from packager.ops._fixed_point import Int, divide_by_power_of_two, doubling_high_mul, leading_zeros, saturate

_LOG_2 = 1488522236
_SQRT_SQRT_HALF = 1805811301
_SQRT_HALF = 1518500250
_ALPHA_N = 117049297
"""``11/240 * 2^(1/4)`` in Q0."""
_ALPHA_D = 127690142
"""``1/20 * 2^(1/4)``."""
_ALPHA_I = 1057819769
"""``2 / 2^(1/4) - 2^(1/4)``."""
_ALPHA_F = 638450708
"""``1/4 * 2^(1/4)``."""


def log_of_sum(x: Int, integer_bits: int, output_bits: int) -> Int:
    """``log(x)`` in Q`output_bits` for `x` at least 1 in Q`integer_bits`, 32 bits.

    The power of two nearest to `x` in a logarithmic sense, its logarithm added to a Pade approximant of the rest.
    """
    spare = output_bits + 1  # The sum of both terms may be larger than the result.
    quarter = (1 << 29) >> spare
    whole = 1 << (31 - spare)
    first_room = leading_zeros(x)
    first = saturate(doubling_high_mul(saturate(x << (first_room - 1)), _SQRT_HALF) << 1)
    first_power = saturate(saturate((integer_bits - first_room) * whole) + quarter)
    second_room = leading_zeros(doubling_high_mul(x, _SQRT_HALF)) - 1
    second = saturate(x << second_room)
    second_power = saturate(saturate((integer_bits - second_room) * whole) - quarter)
    rest, power = np.minimum(first, second), np.maximum(first_power, second_power)
    middle = (rest + _SQRT_SQRT_HALF + 1) >> 1
    q = 2 * (rest - _SQRT_SQRT_HALF)
    square = doubling_high_mul(q, q)
    above = doubling_high_mul(q, rest) + doubling_high_mul(doubling_high_mul(q, square), _ALPHA_N)
    inner = _ALPHA_I + q + doubling_high_mul(square, _ALPHA_D)
    below = doubling_high_mul(middle, inner) + doubling_high_mul(q, _ALPHA_F)
    near = doubling_high_mul(divide_by_power_of_two(above, spare), one_over_one_plus(below))
    return saturate((doubling_high_mul(power, _LOG_2) + near) << 1)
