"""Logistic and hyperbolic tangent of 16-bit integers: one table of the logistic function, interpolated linearly."""

import numpy as np

from packager.ir import TensorType
from packager.ops._contract import Array
from packager.ops._fixed_point import Int, half_away

_INTEGER_BITS = 3


def _table() -> Int:
    """Points of ``logistic(i / 24)`` in 0.16 format, each raised by half of its segment's error; the last is full."""
    at = np.arange(257) / 24
    values = 65536 / (1 + np.exp(-at))
    middle = 65536 / (1 + np.exp(-(at[:-1] + 1 / 48)))
    error = middle - (values[:-1] + values[1:]) / 2
    table = half_away(values[:-1] + error / 2)
    table[-1] = 65535
    return table


TABLE = _table()


def arguments(x: Array, type_: TensorType, shifts: tuple[int, ...]) -> Int:
    """Scale inputs to the table's step of 1/24 over 512 (logistic) or 256 (tanh).

    A power-of-two input scale that lands on one of `shifts` is scaled exactly, any other by a 15-bit multiplier.
    """
    multiplier, right = multiplier_of(type_, shifts)
    scaled: Int = (x.astype(np.int64) * multiplier + ((1 << right) >> 1)) >> right
    return scaled


def multiplier_of(type_: TensorType, shifts: tuple[int, ...]) -> tuple[int, int]:
    """The multiplier of `arguments`, and the shift to the right of its product."""
    fraction, exponent = np.frexp(np.float32(type_.scale))
    left = 15 - _INTEGER_BITS + int(exponent) - 1
    if fraction == 0.5 and left in shifts:
        return 3 << left, 0
    multiplier, right = float(np.float32(type_.scale)) * 4096.0 * 3.0, 0
    while multiplier <= 32767.0 / 2.0 and right <= 30:
        multiplier, right = multiplier * 2.0, right + 1
    return int(multiplier), right


def between(magnitude: Int, bits: int) -> Int:
    """The table's value at ``magnitude / 2^bits``, in 0.(16 + bits) format."""
    index = np.minimum(magnitude >> bits, 254)
    fraction = magnitude & ((1 << bits) - 1)
    value: Int = (TABLE[index] << bits) + fraction * (TABLE[index + 1] - TABLE[index])
    return value
