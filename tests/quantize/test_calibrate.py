"""Ranges against independent computations: extremes by looking, percentiles by sorting, entropy by loops."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from quantize.tiny import chain, classifier, samples_for

from packager.config.recipe import Calibration
from packager.config.samples import Samples, random_samples
from packager.errors import ConfigError, UnsupportedError
from packager.ir import GraphBuilder, Model, write_tflite
from packager.quantize.calibrate import calibrate, entropy_limit, percentile_range
from packager.quantize.observe import BINS, extremes, histograms
from packager.quantize.trace import PLAIN, runs

MINMAX = Calibration()


def values(model: Model, samples: Samples, t: int) -> np.ndarray:
    inputs = list(samples.arrays.values())
    return np.concatenate([read(t).ravel() for read in runs(write_tflite(model), inputs, PLAIN, keep=True)])


def relu_values(samples: Samples) -> np.ndarray:
    return np.maximum(samples.arrays["x"], 0)


def test_minmax_is_the_true_extreme_of_every_float_activation() -> None:
    model = classifier()
    samples = samples_for(model, 7)
    ranges = calibrate(model, samples, MINMAX)
    assert set(ranges) == set(model.main.activations())
    for t, found in ranges.items():
        seen = values(model, samples, t)
        assert (found.low, found.high) == (min(seen.min(), 0), max(seen.max(), 0))
        assert found.reason == "minimum and maximum of 7 inputs"


def test_every_range_contains_zero() -> None:
    model = chain("LOGISTIC", "NEG")
    ranges = calibrate(model, samples_for(model), MINMAX)
    assert all(r.low <= 0 <= r.high for r in ranges.values())
    (out,) = model.main.outputs
    assert ranges[out].high == 0


def test_random_inputs_are_named_in_the_reason() -> None:
    model = chain("RELU")
    ranges = calibrate(model, random_samples(model, 3, 0), MINMAX)
    assert "3 random inputs" in ranges[0].reason


def test_percentile_keeps_the_asked_share() -> None:
    model = chain("RELU")
    rng = np.random.default_rng(0)
    x = rng.normal(size=(500, 8)).astype(np.float32)
    samples = Samples(arrays={"x": x}, source="s")
    found = calibrate(model, samples, Calibration(method="percentile", percentile=98))[0]
    width = float(x.max() - x.min()) / BINS
    assert found.low == pytest.approx(np.quantile(x, 0.01), abs=2 * width)
    assert found.high == pytest.approx(np.quantile(x, 0.99), abs=2 * width)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.floats(-1e3, 1e3, width=32), min_size=2, max_size=300),
    st.floats(60, 100),
)
def test_percentile_agrees_with_counting(seen: list[float], percentile: float) -> None:
    low, high = min(seen), max(seen)
    counts = np.histogram(seen, BINS, (low, high))[0] if low < high else np.zeros(BINS, np.int64)
    left, right = percentile_range(counts, low, high, percentile)
    width = (high - low) / BINS
    assert low <= left <= right + 1e-6 * (1 + abs(right)) <= high + 1e-3 * (1 + abs(high))
    tail = (1 - percentile / 100) / 2 * len(seen) + 1e-6
    assert sum(v < left - width for v in seen) <= tail
    assert sum(v > right + width for v in seen) <= tail


def test_percentile_100_is_the_extreme() -> None:
    counts = np.zeros(BINS, np.int64)
    counts[[0, 5, -1]] = 1
    assert percentile_range(counts, -1.0, 3.0, 100) == (-1.0, 3.0)


def plain_divergence(counts: list[int], limit: int, levels: int) -> float:
    """Relative entropy by loops, from the definition."""
    clipped = [float(c) for c in counts[:limit]]
    clipped[-1] += sum(counts[limit:])
    spread = [0.0] * limit
    for level in range(levels):
        members = [i for i in range(limit) if i * levels // limit == level]
        filled = [i for i in members if counts[i]]
        for i in filled:
            spread[i] = sum(counts[j] for j in members) / len(filled)
    total, kept = sum(clipped), sum(spread)
    if not kept:
        return math.inf
    return sum(
        p / total * math.log((p / total) / max(q / kept, 1e-9)) for p, q in zip(clipped, spread, strict=True) if p
    )


def test_entropy_finds_the_least_divergence() -> None:
    rng = np.random.default_rng(0)
    tail = np.concatenate([np.abs(rng.normal(size=4000)), [8.0, 9.5, 10.0]])
    counts = np.histogram(tail, 256, (0, 10))[0]
    limit = entropy_limit(counts, 10.0, 32)
    candidates = [*range(32, 256, 8), 256]
    scores = [plain_divergence(counts.tolist(), c, 32) for c in candidates]
    best = max(c for c, score in zip(candidates, scores, strict=True) if score <= min(scores) + 1e-12)
    assert limit == pytest.approx(10 * best / 256)
    assert limit < 6  # the three outliers are cut


def test_entropy_keeps_a_flat_distribution_whole() -> None:
    assert entropy_limit(np.full(BINS, 10), 3.0, 128) == 3.0


@pytest.mark.parametrize("counts", [np.zeros(BINS, np.int64), np.ones(64, np.int64)])
def test_entropy_without_anything_to_choose_keeps_all(counts: np.ndarray) -> None:
    assert entropy_limit(counts, 2.0, 128) == 2.0


def test_entropy_cuts_outliers_of_an_activation() -> None:
    model = chain("RELU")
    x = np.random.default_rng(0).normal(size=(500, 8)).astype(np.float32)
    x[0, 0] = 80
    samples = Samples(arrays={"x": x}, source="s")
    ranges = calibrate(model, samples, Calibration(method="entropy"))
    assert ranges[0].high < 20
    assert ranges[0].low == x.min() or ranges[0].low == -ranges[0].high
    assert "relative entropy" in ranges[0].reason


def test_histograms_count_every_value_once() -> None:
    model = chain("RELU")
    samples = samples_for(model, 9)
    blob, inputs = write_tflite(model), list(samples.arrays.values())
    found = extremes(blob, inputs, {0: "input", 1: "relu"})
    spans = histograms(blob, inputs, found, magnitude=False)
    assert spans[0].sum() == spans[1].sum() == 9 * 8
    magnitudes = histograms(blob, inputs, found, magnitude=True)
    assert magnitudes[1].sum() == np.count_nonzero(relu_values(samples))


def test_a_layer_that_computes_nan_is_named_with_the_input() -> None:
    b = GraphBuilder()
    model = b.model([b.op("LOG", [b.input("x", (1, 2))], (1, 2), name="logarithm")])
    x = np.array([[1, 2], [3, -1]], np.float32)
    with pytest.raises(UnsupportedError, match=r"LOG #0 'logarithm' .* calibration input 1"):
        calibrate(model, Samples(arrays={"x": x}, source="s"), MINMAX)


def test_an_unknown_method() -> None:
    with pytest.raises(ConfigError) as caught:
        calibrate(chain("RELU"), samples_for(chain("RELU")), Calibration(method="minmx"))
    assert "minmax" in caught.value.hint


def test_entropy_counts_half_of_the_levels_for_a_positive_tensor_with_zero_point_0() -> None:
    model = chain("RELU")
    x = np.abs(np.random.default_rng(0).normal(size=(400, 8)).astype(np.float32))
    samples = Samples(arrays={"x": x}, source="s")
    how = Calibration(method="entropy")
    blob, inputs = write_tflite(model), [x]
    counts = histograms(blob, inputs, extremes(blob, inputs, {0: "x"}), magnitude=True)[0]
    for symmetric, levels in ((False, 256), (True, 128)):
        found = calibrate(model, samples, how, symmetric=symmetric)[0]
        assert found.high == pytest.approx(entropy_limit(counts, float(x.max()), levels))
