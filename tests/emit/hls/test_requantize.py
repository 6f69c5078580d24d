"""Multipliers that are proved exact, widths that hold every sum."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from packager.emit.hls._pool import reciprocals
from packager.emit.hls._requantize import Rounding, bits_for, extent, scaling_of, sharing_of, sharing_unevenly
from packager.ops._exact_multiplier import InexactError, exact_multipliers

scales = st.floats(-30, 1).map(lambda e: float(np.float32(2.0**e)) * 1.0000000001)
reaches = st.integers(1, 2**24)
"""Real layers reach 22 bits."""


def in_double(accumulator: int, scale: float) -> int:
    """LiteRT's fully connected kernel: a product in double, rounded half away from zero."""
    value = float(accumulator) * scale
    return int(math.copysign(math.floor(abs(value) + 0.5), value))


def in_integers(accumulator: int, multiplier: int, shift: int) -> int:
    size = (abs(accumulator) * multiplier + (1 << (shift - 1))) >> shift
    return -size if accumulator < 0 else size


@settings(max_examples=200)
@given(scale=scales, reach=reaches, data=st.data())
def test_the_integer_form_rounds_as_a_double_does(scale: float, reach: int, data: st.DataObject) -> None:
    (multiplier,), (shift,) = exact_multipliers(np.asarray([scale]), np.asarray([reach]))
    near_a_step = [round((k + 0.5) / scale) + d for k in range(257) for d in (-1, 0, 1)]
    drawn = data.draw(st.lists(st.integers(-reach, reach), max_size=20))
    for accumulator in [*near_a_step, *drawn, reach, -reach, 0]:
        if abs(accumulator) <= reach:
            wanted = max(-256, min(256, in_double(accumulator, scale)))
            found = max(-256, min(256, in_integers(accumulator, int(multiplier), int(shift))))
            assert found == wanted, (accumulator, multiplier, shift)


def test_a_multiplier_that_would_need_more_than_64_bits_is_refused() -> None:
    with pytest.raises(InexactError, match="no integer multiplier"):
        exact_multipliers(np.asarray([5.394796517605904e-06]), np.asarray([2**29]))


def test_a_tie_rounds_away_from_zero() -> None:
    (multiplier,), (shift,) = exact_multipliers(np.asarray([0.5]), np.asarray([9]))
    assert [in_integers(a, int(multiplier), int(shift)) for a in (-3, -1, 1, 3)] == [-2, -1, 1, 2]


def test_multipliers_are_as_short_as_they_can_be() -> None:
    (multiplier,), _ = exact_multipliers(np.asarray([0.01]), np.asarray([1000]))
    assert int(multiplier).bit_length() < 16


@given(st.integers(-(2**40), 2**40), st.integers(-(2**40), 2**40))
def test_bits_hold_both_ends_and_are_not_too_many(a: int, b: int) -> None:
    low, high = min(a, b), max(a, b)
    bits = bits_for(low, high)
    assert -(1 << (bits - 1)) <= low
    assert high < 1 << (bits - 1)
    assert bits == 1 or not (-(1 << (bits - 2)) <= low and high < 1 << (bits - 2))


@pytest.mark.parametrize("zero_point", [-128, 3, 127])
def test_the_width_of_an_accumulator_is_reached_by_some_input(zero_point: int) -> None:
    random = np.random.default_rng(2)
    weights = random.integers(-127, 128, (5, 40)).astype(np.int64)
    bias = random.integers(-4000, 4000, 5)
    scaling = scaling_of(weights, bias, np.full(5, 0.01), zero_point, Rounding.TWICE)
    low, high = extent(weights, -128, 127)
    worst = np.where(weights > 0, 127, -128)
    np.testing.assert_array_equal((weights * worst).sum(axis=1), high)
    sums = np.concatenate([low, high])
    total = np.concatenate([low + scaling.bias, high + scaling.bias])
    np.testing.assert_array_equal((weights * (worst - zero_point)).sum(axis=1) + bias, high + scaling.bias)
    assert bits_for(int(min(sums.min(), total.min())), int(max(sums.max(), total.max()))) == scaling.sum_bits


@settings(max_examples=100)
@given(st.integers(1, 400), st.data())
def test_division_by_a_constant_is_exact(count: int, data: st.DataObject) -> None:
    table, shift = reciprocals(count)
    size = data.draw(st.integers(0, 128 * count)) + count // 2
    for size_ in (size, 128 * count + count // 2):
        assert (size_ * table[count]) >> shift == size_ // count
        assert table[count] < 1 << 32


@given(
    steps=st.lists(st.integers(1, 40), min_size=2, max_size=40),
    pe=st.integers(1, 6),
    rounding=st.sampled_from([Rounding.TWICE, Rounding.FAST]),
)
def test_a_buffer_holds_what_comes_faster_than_it_is_scaled(steps: list[int], pe: int, rounding: Rounding) -> None:
    """Cycle by cycle: whoever writes need not stop, and no smaller buffer would do."""
    scaling = scaling_of(np.ones((len(steps) * pe, 4)), np.zeros(1, np.int64), np.full(1, 0.01), 0, rounding)
    sharing, waiting = sharing_unevenly(scaling, pe, np.asarray(steps))
    assert sharing.interval * len(steps) <= sum(steps)
    assert sharing.units == sharing_of(scaling, pe, sum(steps) // len(steps)).units
    come = set(np.tile(steps, 4).cumsum().tolist())
    held = most = free = 0
    for now in range(max(come) + 1):
        if held and now >= free:
            held, free = held - 1, now + sharing.interval
        held += now in come
        most = max(most, held)
    assert most == waiting
