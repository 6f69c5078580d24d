"""Fixed-point arithmetic as TFLite defines it: a real multiplier as a 31-bit mantissa and a power of two.

The formulas are those of TFLite's quantization specification and of gemmlowp's fixed-point paper (Jacob et al. 2017,
section 2.2); int64 arrays hold every intermediate, so nothing here overflows for int32 accumulators.
"""

import numpy as np
import numpy.typing as npt

Int = npt.NDArray[np.int64]
Real = npt.NDArray[np.float64]

_MANTISSA_BITS = 31
_DEEPEST_SHIFT = -31


def quantize_multiplier(real: npt.ArrayLike) -> tuple[Int, Int]:
    """Return mantissa in [2^30, 2^31) and shift such that ``real = mantissa * 2^(shift - 31)``, elementwise.

    A multiplier under 2^-32 becomes 0, as in TFLite: a shift of more than 31 would drop every bit.
    """
    fraction, exponent = np.frexp(np.asarray(real, np.float64))
    mantissa = half_away(fraction * 2.0**_MANTISSA_BITS)
    shift = exponent.astype(np.int64)
    carried = mantissa == 1 << _MANTISSA_BITS
    mantissa = np.where(carried, mantissa >> 1, mantissa)
    shift = np.where(carried, shift + 1, shift)
    gone = (shift < _DEEPEST_SHIFT) | (mantissa == 0)
    return np.where(gone, 0, mantissa), np.where(gone, 0, shift)


def half_away(real: npt.ArrayLike) -> Int:
    """Round to nearest, ties away from zero, as C's ``round`` does."""
    value = np.asarray(real, np.float64)
    whole = np.trunc(value)
    rounded: Int = (whole + np.copysign(np.abs(value - whole) >= 0.5, value)).astype(np.int64)
    return rounded


def doubling_high_mul(x: npt.ArrayLike, mantissa: npt.ArrayLike) -> Int:
    """``round(x * mantissa / 2^31)``, ties upwards: gemmlowp's SaturatingRoundingDoublingHighMul.

    It saturates only where both are -2^31, which no mantissa is.
    """
    product: Int = np.asarray(x, np.int64) * np.asarray(mantissa, np.int64)
    return (product + (1 << 30)) >> 31


def divide_by_power_of_two(x: npt.ArrayLike, exponent: npt.ArrayLike) -> Int:
    """``round(x / 2^exponent)``, ties away from zero: gemmlowp's RoundingDivideByPOT."""
    value, power = np.asarray(x, np.int64), np.asarray(exponent, np.int64)
    mask = (np.int64(1) << power) - 1
    threshold = (mask >> 1) + (value < 0)
    quotient: Int = (value >> power) + ((value & mask) > threshold)
    return quotient


def multiply(x: npt.ArrayLike, mantissa: npt.ArrayLike, shift: npt.ArrayLike) -> Int:
    """``x * mantissa * 2^(shift - 31)`` for int32 `x`, rounded twice: MultiplyByQuantizedMultiplier."""
    power = np.asarray(shift, np.int64)
    shifted = wrap32(np.asarray(x, np.int64) << np.maximum(power, 0))
    return divide_by_power_of_two(doubling_high_mul(shifted, mantissa), np.maximum(-power, 0))


def multiply_upwards(x: npt.ArrayLike, mantissa: npt.ArrayLike, shift: npt.ArrayLike) -> Int:
    """As `multiply`, but the second rounding takes ties upwards, as ruy's matrix kernels do."""
    power = np.asarray(shift, np.int64)
    right = np.maximum(-power, 0)
    high = doubling_high_mul(wrap32(np.asarray(x, np.int64) << np.maximum(power, 0)), mantissa)
    half: Int = (np.int64(1) << right) >> 1
    scaled: Int = (high + half) >> right
    return scaled


def multiply_wide(x: npt.ArrayLike, mantissa: npt.ArrayLike, shift: npt.ArrayLike) -> Int:
    """The same for int64 accumulators of 16-bit operators: a 15-bit mantissa, rounded once, ties upwards."""
    reduced, total = wide_multiplier(mantissa, shift)
    scaled: Int = (np.asarray(x, np.int64) * reduced + (np.int64(1) << (total - 1))) >> total
    return scaled


def wide_multiplier(mantissa: npt.ArrayLike, shift: npt.ArrayLike) -> tuple[Int, Int]:
    """The 15-bit mantissa of `multiply_wide`, and the shift to the right that goes with it."""
    full = np.asarray(mantissa, np.int64)
    return np.where(full < 0x7FFF0000, (full + (1 << 15)) >> 16, 0x7FFF), 15 - np.asarray(shift, np.int64)


FAST_BITS = 17


def fast_multiplier(mantissa: npt.ArrayLike, shift: npt.ArrayLike) -> tuple[Int, Int]:
    """A multiplier of 17 bits and its right shift: ``real = multiplier * 2^-shift``."""
    spare = _MANTISSA_BITS - FAST_BITS
    rounded = (np.asarray(mantissa, np.int64) + (1 << (spare - 1))) >> spare
    reduced: Int = np.where(rounded >> FAST_BITS, (1 << FAST_BITS) - 1, rounded)
    right = -(np.asarray(shift, np.int64) - FAST_BITS)
    return reduced, right


def multiply_fast17(x: npt.ArrayLike, mantissa: npt.ArrayLike, shift: npt.ArrayLike) -> Int:
    """``x * mantissa * 2^(shift - 31)`` with 17 bits of the mantissa, rounded once, ties upwards: one DSP slice."""
    reduced, right = fast_multiplier(mantissa, shift)
    product = (np.asarray(x, np.int64) * reduced) << np.maximum(-right, 0)
    positive = np.maximum(right, 0)
    half: Int = np.left_shift(np.int64(1), positive) >> 1
    total: Int = product + half
    return total >> positive


def saturate(x: Int, bits: int = 32) -> Int:
    """The nearest signed number of so many bits."""
    nearest: Int = np.clip(x, -(1 << (bits - 1)), (1 << (bits - 1)) - 1)
    return nearest


def leading_zeros(x: Int) -> Int:
    """Of an unsigned number of 32 bits."""
    zeros: Int = 32 - np.frexp(x.astype(np.float64))[1].astype(np.int64)
    return zeros


def wrap32(x: Int) -> Int:
    """Keep the low 32 bits as a signed number, as an int32 register does."""
    return x.astype(np.int32).astype(np.int64)
