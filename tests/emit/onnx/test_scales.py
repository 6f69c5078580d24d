"""Symmetric scales: cover the range, never 0, integers that come back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from packager.emit.onnx.scales import activation_scale, quantize_weights, weight_scales
from packager.quantize import Range

REALS = st.floats(-1e6, 1e6, width=32)


@given(st.floats(-1e6, 0, width=32), st.floats(0, 1e6, width=32))
def test_an_activation_scale_reaches_both_ends_and_no_further(low: float, high: float) -> None:
    scale = float(activation_scale(Range(low=low, high=high, reason="")))
    assert scale > 0
    assert 127 * scale >= max(-low, high) * (1 - 1e-6)
    assert 127 * scale <= max(-low, high) * (1 + 1e-6) + 127 * 2.0**-27 * (1 + 1e-6)


@given(st.lists(st.lists(REALS, min_size=3, max_size=3), min_size=2, max_size=4))
def test_weights_come_back_within_half_a_step(rows: list[list[float]]) -> None:
    weights = np.array(rows, np.float32)
    scales = weight_scales(weights, 0)
    integers = quantize_weights(weights, scales, 0)
    assert scales.shape == (len(rows),)
    assert (scales > 0).all()
    assert np.abs(integers.astype(int)).max() <= 127
    error = np.abs(integers * scales[:, None].astype(np.float64) - weights)
    assert (error <= scales[:, None] * 0.5001).all()


@given(st.integers(1, 4), st.integers(0, 2**32 - 1))
def test_integers_survive_their_own_scales(axis_size: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    integers = rng.integers(-128, 128, (3, axis_size)).astype(np.int8)
    scales = rng.uniform(1e-6, 1e3, axis_size).astype(np.float32)
    assert np.array_equal(quantize_weights(integers * scales, scales, 1), integers)


@pytest.mark.parametrize("axis", [0, 1])
def test_a_slice_of_zeros_has_scale_one(axis: int) -> None:
    assert weight_scales(np.zeros((2, 2), np.float32), axis).tolist() == [1, 1]
