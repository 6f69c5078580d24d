"""Fixed-point helpers against exact arithmetic on Python's integers and fractions."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from packager.ops import _fixed_point as fixed

INT32 = st.integers(-(2**31), 2**31 - 1)
MANTISSA = st.integers(2**30, 2**31 - 1)


def nearest(value: Fraction, *, away: bool) -> int:
    """Round to nearest; ties away from zero, or upwards."""
    if away and value < 0:
        return -nearest(-value, away=True)
    return math.floor(value + Fraction(1, 2))


@given(st.floats(2.0**-31, 2.0**20))
def test_multiplier_is_within_half_a_bit(real: float) -> None:
    mantissa, shift = (int(part) for part in fixed.quantize_multiplier(real))
    assert 2**30 <= mantissa < 2**31
    exact = Fraction(real) / Fraction(2) ** (shift - 31)
    assert abs(mantissa - exact) <= Fraction(1, 2)


@pytest.mark.parametrize("real", [0.0, 1e-40, 2.0**-33, 2.0**-32 * 0.999])
def test_multipliers_that_would_shift_every_bit_out_are_zero(real: float) -> None:
    mantissa, shift = fixed.quantize_multiplier(real)
    assert (int(mantissa), int(shift)) == (0, 0)


def test_the_smallest_multiplier_is_kept() -> None:
    mantissa, shift = fixed.quantize_multiplier(2.0**-32)
    assert (int(mantissa), int(shift)) == (2**30, -31)


def test_a_mantissa_that_rounds_up_to_the_next_power_is_halved() -> None:
    mantissa, shift = fixed.quantize_multiplier(np.nextafter(1.0, 0.0))
    assert (int(mantissa), int(shift)) == (2**30, 1)


@given(INT32, MANTISSA)
def test_high_product_rounds_ties_upwards(x: int, mantissa: int) -> None:
    assert int(fixed.doubling_high_mul(x, mantissa)) == nearest(Fraction(x * mantissa, 2**31), away=False)


@given(INT32, st.integers(0, 31))
def test_division_rounds_ties_away_from_zero(x: int, exponent: int) -> None:
    assert int(fixed.divide_by_power_of_two(x, exponent)) == nearest(Fraction(x, 2**exponent), away=True)


@given(st.integers(-(2**23), 2**23), MANTISSA, st.integers(-31, 7))
def test_multiply_rounds_twice(x: int, mantissa: int, shift: int) -> None:
    first = nearest(Fraction((x << max(shift, 0)) * mantissa, 2**31), away=False)
    assert int(fixed.multiply(x, mantissa, shift)) == nearest(Fraction(first, 2 ** max(-shift, 0)), away=True)
    assert int(fixed.multiply_upwards(x, mantissa, shift)) == nearest(Fraction(first, 2 ** max(-shift, 0)), away=False)


@given(st.integers(-(2**40), 2**40), MANTISSA, st.integers(-31, 7))
def test_wide_multiply_rounds_once_with_fifteen_bits(x: int, mantissa: int, shift: int) -> None:
    reduced = min((mantissa + 2**15) >> 16, 0x7FFF)
    assert int(fixed.multiply_wide(x, mantissa, shift)) == nearest(Fraction(x * reduced, 2 ** (15 - shift)), away=False)


@given(st.floats(-1e9, 1e9))
def test_half_away_is_exact(value: float) -> None:
    assert int(fixed.half_away(value)) == nearest(Fraction(value), away=True)


@pytest.mark.parametrize(("value", "rounded"), [(0.5, 1), (-0.5, -1), (2.5, 3), (-2.5, -3), (0.49999999999999994, 0)])
def test_half_away_at_the_edges(value: float, rounded: int) -> None:
    assert int(fixed.half_away(value)) == rounded


@given(st.integers(-(2**40), 2**40))
def test_wrap_keeps_the_low_bits(x: int) -> None:
    assert int(fixed.wrap32(np.asarray(x, np.int64))) == (x + 2**31) % 2**32 - 2**31
