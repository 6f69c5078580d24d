"""Mean and covariance of the channels that layers read, over calibration inputs."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from packager.interp.litert import trace_litert
from packager.ir import Model, write_tflite
from packager.prune._contract import Array, Real

_AT_ONCE = 1 << 26
"""Bytes of activations that are held together."""
_WIDEST = 4096
"""Channels of which the covariance is taken; its matrix has 128 MiB then."""

_RIDGE = 0.1
"""Of the mean variance, added to every channel's: few inputs make channels look predictable that are not."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Moments:
    mean: Real
    """``[channels]``"""
    covariance: Real
    """``[channels, channels]``; of very wide tensors its diagonal alone."""

    def unpredicted(self) -> Real:
        """The variance of each channel that the others do not tell: ``1 / (C + lambda I)^-1_cc - lambda``.

        Of very wide tensors the whole variance.
        """
        if self.covariance.ndim == 1:
            return self.covariance
        ridge = _RIDGE * float(np.diag(self.covariance).mean()) + float(np.finfo(np.float64).tiny)
        inverse = np.linalg.inv(self.covariance + ridge * np.eye(len(self.mean)))
        return np.maximum(1 / np.diag(inverse) - ridge, 0)


def moments_of(model: Model, inputs: Sequence[Array], tensors: Iterable[int]) -> Mapping[int, Moments]:
    """Run a float model in LiteRT and gather its tensors' moments, over samples and positions.

    Args:
        model: Float, static.
        inputs: One array an input, ``[count, ...]``.
        tensors: Activations, by index.

    Raises:
        UnsupportedError: LiteRT can't run the model.
    """
    wanted, blob = sorted(set(tensors)), write_tflite(model)
    each = sum(model.main.type_of(t).nbytes for t in model.main.activations())
    chunk, count = max(1, _AT_ONCE // max(each, 1)), len(inputs[0])
    sums = {t: _Sums(model.main.type_of(t).dims[-1]) for t in wanted}
    for start in range(0, count, chunk):
        part = [x[start : start + chunk] for x in inputs]
        for t, values in trace_litert(blob, part, wanted, resolver="builtin").items():
            sums[t].add(values)
    return {t: s.moments() for t, s in sums.items()}


class _Sums:
    """First and second moments, gathered chunk by chunk in double."""

    def __init__(self, channels: int) -> None:
        self.full = channels <= _WIDEST
        self.count = 0
        self.first = np.zeros(channels)
        self.second = np.zeros((channels, channels) if self.full else channels)

    def add(self, values: Array) -> None:
        rows = values.reshape(-1, len(self.first)).astype(np.float64)
        self.count += len(rows)
        self.first += rows.sum(axis=0)
        self.second += rows.T @ rows if self.full else np.square(rows).sum(axis=0)

    def moments(self) -> Moments:
        mean = self.first / self.count
        square = np.outer(mean, mean) if self.full else np.square(mean)
        return Moments(mean=mean, covariance=self.second / self.count - square)
