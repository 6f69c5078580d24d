"""The child's side of calibration: one inference after another, a few numbers kept of each tensor.

Runs in a child process. LiteRT keeps every activation of one inference (`experimental_preserve_all_tensors`); what is
kept between inferences is two numbers or one histogram a tensor, so memory does not grow with the samples.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from packager.errors import UnsupportedError
from packager.quantize.trace import PLAIN, runs

Array = npt.NDArray[Any]
BINS = 2048
Extremes = dict[int, tuple[float, float]]


def extremes(blob: bytes, inputs: Sequence[Array], tensors: Mapping[int, str]) -> Extremes:
    """Return the smallest and largest value of each tensor over all samples.

    Args:
        blob: The float model.
        inputs: For each input ``[count, ...]``.
        tensors: Index to a description for messages, in execution order.

    Raises:
        UnsupportedError: a tensor holds NaN or infinity; names the first.
    """
    low = dict.fromkeys(tensors, np.inf)
    high = dict.fromkeys(tensors, -np.inf)
    for sample, read in enumerate(runs(blob, inputs, PLAIN, keep=True)):
        for t, where in tensors.items():
            values = read(t)
            if not values.size:
                continue
            least, most = float(values.min()), float(values.max())
            if not np.isfinite(least + most):
                raise UnsupportedError(
                    f"{where} computes NaN or infinity for calibration input {sample}",
                    hint="run the float model on this input; no integer range can hold its result",
                )
            low[t], high[t] = min(low[t], least), max(high[t], most)
    return {t: (low[t], high[t]) if low[t] <= high[t] else (0.0, 0.0) for t in tensors}


def histograms(blob: bytes, inputs: Sequence[Array], spans: Extremes, *, magnitude: bool) -> dict[int, Array]:
    """Return `BINS` counts for each tensor over its span, or over ``[0, largest magnitude]``, zeros then left out."""
    counts = {t: np.zeros(BINS, np.int64) for t in spans}
    for read in runs(blob, inputs, PLAIN, keep=True):
        for t, (low, high) in spans.items():
            values = read(t).ravel()
            span = (low, high)
            if magnitude:
                values, span = np.abs(values[values != 0]), (0.0, max(-low, high))
            if span[0] < span[1]:
                counts[t] += np.histogram(values, BINS, span)[0]
    return counts
