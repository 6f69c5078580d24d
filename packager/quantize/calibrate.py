"""Which real values each activation takes: true extremes, percentiles, or the range of least information loss."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from packager.config.recipe import Calibration
from packager.config.samples import Samples
from packager.errors import ConfigError, ToolError, UnsupportedError, did_you_mean
from packager.ir import Graph, Model, TensorType, write_tflite
from packager.quantize._contract import Range
from packager.quantize.observe import Extremes, extremes, histograms
from packager.util.child import call

Array = npt.NDArray[Any]
_STRIDE = 8
"""Candidates of the entropy search are this many bins apart: 0.4 % of the range."""
_TINY = 1e-9


def calibrate(
    model: Model, samples: Samples, how: Calibration, *, levels: int = 256, symmetric: bool = False
) -> dict[int, Range]:
    """Run the float model on every sample, in a child process, and choose a range for each float activation.

    Args:
        model: Float, normalised.
        samples: Real inputs; matched to the model's by position.
        how: Method and its parameter.
        levels: Of the integers to come, for ``entropy``.
        symmetric: Zero point 0, for ``entropy``: a tensor without negative values then has half of the levels.

    Returns:
        Ranges by tensor index, each containing zero. Where the graph holds a tensor's range, as training with fake
        quantization leaves it, that one: the weights have been fitted to it.

    Raises:
        ConfigError: no such method.
        UnsupportedError: LiteRT can't run the model, or a layer computes NaN.
    """
    methods: Mapping[str, Callable[[Extremes], dict[int, Range]]] = {
        "minmax": lambda found: _minmax(found, samples),
        "percentile": lambda found: _percentile(blob, inputs, found, how.percentile, samples),
        "entropy": lambda found: _entropy(blob, inputs, found, (levels, symmetric), samples),
    }
    if how.method not in methods:
        raise ConfigError(f"no calibration method {how.method!r}", hint=did_you_mean(how.method, methods))
    blob = write_tflite(model)
    inputs = tuple(samples.arrays.values())
    try:
        found = methods[how.method](call(extremes, blob, inputs, _observed(model.main)))
        return found | {t: own for t in found if (own := _learned(model.main.type_of(t))) is not None}
    except UnsupportedError as error:
        raise UnsupportedError(f"{model.name}: {error}", hint=error.hint) from None
    except ToolError as error:
        raise UnsupportedError(
            f"{model.name}: LiteRT can't run it: {error}",
            hint="`edgepack inspect` shows its operators",
            details=error.details,
        ) from None


def _learned(type_: TensorType) -> Range | None:
    quant = type_.quant
    if quant is None or quant.is_set or not quant.minimum or not quant.maximum:
        return None
    low, high = quant.minimum[0], quant.maximum[0]
    return _range(low, high, "learned in training") if low < high else None


def _observed(graph: Graph) -> dict[int, str]:
    """Float activations with a description, in execution order."""
    found = {t: f"input {graph.tensors[t].name!r}" for t in graph.inputs}
    found |= {t: graph.where(i) for i, node in enumerate(graph.nodes) for t in node.outputs}
    return {t: where for t, where in found.items() if graph.type_of(t).dtype.is_float}


def _range(low: float, high: float, reason: str) -> Range:
    return Range(low=min(low, 0.0), high=max(high, 0.0), reason=reason)


def _of(samples: Samples) -> str:
    drawn = "inputs" if samples.trusted else "random inputs"
    return f"{samples.count} {drawn}"


def _minmax(found: Extremes, samples: Samples) -> dict[int, Range]:
    reason = f"minimum and maximum of {_of(samples)}"
    return {t: _range(low, high, reason) for t, (low, high) in found.items()}


def _percentile(
    blob: bytes, inputs: tuple[Array, ...], found: Extremes, percentile: float, samples: Samples
) -> dict[int, Range]:
    counts = call(_span_histograms, blob, inputs, found)
    reason = f"{percentile:g} % of the values of {_of(samples)}"
    return {t: _range(*percentile_range(counts[t], low, high, percentile), reason) for t, (low, high) in found.items()}


def _entropy(
    blob: bytes, inputs: tuple[Array, ...], found: Extremes, integers: tuple[int, bool], samples: Samples
) -> dict[int, Range]:
    counts = call(_magnitude_histograms, blob, inputs, found)
    reason = f"least relative entropy over {_of(samples)}"
    levels, symmetric = integers
    ranges = {}
    for t, (low, high) in found.items():
        # Where values lie on one side of zero only, all integers serve that side, unless zero must be in their middle.
        one_sided = (low >= 0 or high <= 0) and not symmetric
        limit = entropy_limit(counts[t], max(-low, high), levels if one_sided else levels // 2)
        ranges[t] = _range(max(low, -limit), min(high, limit), reason)
    return ranges


def _span_histograms(blob: bytes, inputs: tuple[Array, ...], found: Extremes) -> dict[int, Array]:
    return histograms(blob, inputs, found, magnitude=False)


def _magnitude_histograms(blob: bytes, inputs: tuple[Array, ...], found: Extremes) -> dict[int, Array]:
    return histograms(blob, inputs, found, magnitude=True)


def percentile_range(counts: Array, low: float, high: float, percentile: float) -> tuple[float, float]:
    """The range that keeps `percentile` % of the values, an equal share cut from either end.

    `counts` is a histogram over ``[low, high]``; inside a bin the values count as evenly spread.
    """
    total = int(counts.sum())
    if not total or low >= high:
        return low, high
    edges = np.linspace(low, high, len(counts) + 1)
    below = np.concatenate([[0], np.cumsum(counts)]) / total
    tail = (1 - percentile / 100) / 2
    # The last edge with no more than `tail` below it, and the first with no more than `tail` above it, exactly
    # interpolated; a plain np.interp would pick any of several edges where bins are empty.
    first = int(np.searchsorted(below, tail, side="right")) - 1
    last = int(np.searchsorted(below, 1 - tail, side="left"))
    return _inside(edges, below, first, tail), _inside(edges, below, last - 1, 1 - tail)


def _inside(edges: Array, below: Array, at: int, share: float) -> float:
    at = min(max(at, 0), len(edges) - 2)
    width = below[at + 1] - below[at]
    part = (share - below[at]) / width if width > 0 else 0.0
    return float(edges[at] + (edges[at + 1] - edges[at]) * min(max(part, 0.0), 1.0))


def entropy_limit(counts: Array, largest: float, levels: int) -> float:
    """The magnitude to clip at, so that the quantized distribution loses least information.

    For each limit the clipped distribution P (what lies beyond falls into the last bin) is compared with Q, the same
    bins merged into `levels` steps and spread again over those that held anything; the limit with the least
    relative entropy ``sum(P log(P / Q))`` wins. The method is Migacz's, "8-bit Inference with TensorRT", GTC 2017.

    Args:
        counts: Histogram of the magnitudes over ``[0, largest]``, zeros left out: they are exact in any case.
        largest: Upper end of the histogram.
        levels: Integers for one side.
    """
    bins = len(counts)
    if levels >= bins or not counts.any():
        return largest
    best, best_divergence = bins, np.inf
    for limit in (*range(levels, bins, _STRIDE), bins):
        divergence = _divergence(counts, limit, levels)
        if divergence <= best_divergence:  # of equals the wider
            best, best_divergence = limit, divergence
    return largest * best / bins


def _divergence(counts: Array, limit: int, levels: int) -> float:
    kept = counts[:limit].astype(np.float64)
    clipped = kept.copy()
    clipped[-1] += counts[limit:].sum()
    step = np.arange(limit) * levels // limit
    filled = kept > 0
    mass = np.bincount(step, kept, levels)
    holders = np.bincount(step, filled, levels)
    spread = np.divide(mass, holders, out=np.zeros(levels), where=holders > 0)[step] * filled
    if not spread.any():
        return float("inf")
    p, q = clipped / clipped.sum(), spread / spread.sum()
    used = p > 0
    return float(np.sum(p[used] * np.log(p[used] / np.maximum(q[used], _TINY))))
