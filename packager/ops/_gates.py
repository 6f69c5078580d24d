"""Logistic and hyperbolic tangent of the 16-bit gates of an LSTM, in gemmlowp's fixed point: results in Q0."""

import numpy as np

from packager.ops._exponential import exp_of_negative, one_minus_over_one_plus, one_over_one_plus
from packager.ops._fixed_point import Int

_BITS = 16
_ONE = (1 << 15) - 1


def logistic(x: Int) -> Int:
    """``1 / (1 + exp(-x))`` of Q3.12."""
    positive = one_over_one_plus(exp_of_negative(_minus_magnitude(x), 3, _BITS), _BITS)
    return np.where(x == 0, 1 << 14, np.where(x > 0, positive, _ONE - positive))


def tanh(x: Int, integer_bits: int) -> Int:
    """``tanh(x)`` of Q`integer_bits`: ``(1 - e) / (1 + e)`` with ``e = exp(-2 |x|)``, whose argument has a bit more."""
    value = one_minus_over_one_plus(exp_of_negative(_minus_magnitude(x), integer_bits + 1, _BITS), _BITS)
    return np.where(x == 0, 0, np.where(x < 0, -value, value))


def _minus_magnitude(x: Int) -> Int:
    return -np.abs(x)
