"""How far models went from the original on some inputs, many of them in one child process."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from packager.compress._contract import Array, Score
from packager.config.labels import class_count
from packager.config.samples import Samples, to_integer
from packager.errors import ToolError, UnsupportedError
from packager.ir import Model, write_tflite
from packager.quantize.fidelity import RESOLVERS, accuracy, agreement, sqnr_db
from packager.quantize.trace import outputs_of
from packager.util.child import call

Real = npt.NDArray[np.float64]
TOGETHER = 16
"""Models that one child process runs."""
_LEAST = 1e-7
"""No class counts as less likely: the resolution of a float32 probability."""
Job = tuple[bytes, Sequence[Array], Sequence[int]]


class Measurer:
    """Scores models against the original's outputs, which it computes once, when it is first asked."""

    def __init__(self, teacher: Model, samples: Samples) -> None:
        self.teacher, self.samples = teacher, samples
        self.classes = class_count(teacher.output_types()[0]) is not None and not self._rebuilds()
        self.reference: tuple[Array, ...] = ()

    def _rebuilds(self) -> bool:
        """Whether the model gives back what it is given, as an autoencoder does: its outputs are no classes."""
        given, made = self.teacher.input_types(), self.teacher.output_types()
        return self.samples.labels is None and len(given) == 1 and given[0].dims[1:] == made[0].dims[1:]

    def __call__(self, models: Sequence[Model]) -> tuple[Score, ...]:
        """Score each.

        Raises:
            UnsupportedError: LiteRT can't run one of them.
        """
        parts = (models[i : i + TOGETHER] for i in range(0, len(models), TOGETHER))
        return tuple(score for part in parts for score in self._scores(part))

    def _scores(self, models: Sequence[Model]) -> Iterator[Score]:
        asked = models if self.reference else (self.teacher, *models)
        found = outputs(asked, self.samples)
        self.reference = self.reference or found[0]
        for each in found[len(asked) - len(models) :]:
            yield self.score(each)

    def score(self, found: Sequence[Array]) -> Score:
        """Score outputs, real, ``[count, ...]`` each. The first tells the class."""
        first = self.reference[0]
        if not self.classes:
            return Score(metric="sqnr", value=sqnr_db(first, found[0]), loss=relative_error(self.reference, found))
        loss = divergence(first, found[0])
        if self.samples.labels is None:
            return Score(metric="agreement", value=100 * agreement(first, found[0]), loss=loss)
        return Score(metric="accuracy", value=accuracy(found[0], self.samples.labels), loss=loss)


def outputs(models: Sequence[Model], samples: Samples) -> list[tuple[Array, ...]]:
    """Return each model's outputs over the samples as real numbers.

    Raises:
        UnsupportedError: LiteRT can't run one of them.
    """
    jobs: list[Job] = [
        (write_tflite(m), list(to_integer(samples, m).arrays.values()), list(m.main.outputs)) for m in models
    ]
    try:
        found = call(_run, jobs, RESOLVERS["xnnpack"])
    except (ToolError, UnsupportedError) as error:
        raise UnsupportedError(
            f"{models[0].name}: {error}", hint="`edgepack inspect` shows its operators", details=error.details
        ) from None
    return [
        tuple(
            t.quant.dequantize(array) if t.is_quantized and t.quant is not None else array.astype(np.float32)
            for array, t in zip(arrays, model.output_types(), strict=True)
        )
        for arrays, model in zip(found, models, strict=True)
    ]


def _run(jobs: list[Job], resolver: str) -> list[list[Array]]:
    """The child's side."""
    return [outputs_of(blob, inputs, resolver, wanted) for blob, inputs, wanted in jobs]


def divergence(reference: Array, found: Array) -> float:
    """Mean Kullback-Leibler divergence of class probabilities from the reference's, in nats, over ``[count, ...]``."""
    p, q = probabilities(reference), probabilities(found)
    return max(float(np.sum(p * (np.log(p) - np.log(q)), axis=1).mean()), 0.0)


def probabilities(values: Array) -> Real:
    """Return class probabilities ``[count, classes]``: the outputs where they are some, else their softmax."""
    flat: Any = values.reshape(len(values), -1).astype(np.float64)
    if flat.shape[1] == 1:
        flat = np.concatenate([1 - flat, flat], axis=1)
    elif (flat < -0.01).any() or np.abs(flat.sum(axis=1) - 1).max() > 0.1:  # quantized probabilities miss 1 by a little
        powers = np.exp(flat - flat.max(axis=1, keepdims=True))
        flat = powers / powers.sum(axis=1, keepdims=True)
    floored = np.maximum(flat, _LEAST)
    found: Real = floored / floored.sum(axis=1, keepdims=True)
    return found


def relative_error(reference: Sequence[Array], found: Sequence[Array]) -> float:
    """Noise energy over signal energy, all outputs together."""
    pairs = [(r.astype(np.float64), f.astype(np.float64)) for r, f in zip(reference, found, strict=True)]
    signal = sum(float(np.square(r).sum()) for r, _ in pairs)
    noise = sum(float(np.square(r - f).sum()) for r, f in pairs)
    return noise / signal if signal else noise
