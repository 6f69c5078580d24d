"""How much of the float model is left in each artifact, as its own engine computes it."""

import dataclasses
from collections.abc import Iterable, Mapping

from packager.build.golden import Array
from packager.config.samples import Samples
from packager.errors import Diagnostic
from packager.families import Job, Product
from packager.figure import Figure
from packager.quantize import Quantized
from packager.quantize.fidelity import TRACED, compare, layer_sqnr, named_worst, real_outputs

SCORED = 1000
"""Evaluation inputs at most; a C simulation of a large model takes tens of milliseconds each."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Truth:
    """What artifacts are measured against."""

    samples: Samples | None
    """Evaluation inputs, else those of the calibration; None where there are neither."""
    reference: tuple[Array, ...] | None
    """The float model's outputs, ``[count, ...]`` each; None where the source was quantized already."""
    sqnr_db: Mapping[int, float]
    """By operator index of the integer model."""
    notes: tuple[Diagnostic, ...]


def reference_of(models: Iterable[Quantized], samples: Samples | None) -> tuple[Array, ...] | None:
    """Return the float model's outputs over the samples; None where there are no samples or no float model.

    However many recipes there are, the float model is one: it is run once.

    Raises:
        UnsupportedError: LiteRT can't run it.
    """
    floats = [quantized.float_model for quantized in models if quantized.float_model is not None]
    return real_outputs(floats[0], samples.head(SCORED)) if floats and samples is not None else None


def truth_of(quantized: Quantized, samples: Samples | None, reference: tuple[Array, ...] | None) -> Truth:
    """Compare the integer model with the float one layer by layer; `reference` is of `reference_of`.

    Raises:
        UnsupportedError: LiteRT can't run one of them.
    """
    if samples is None:
        return Truth(samples=None, reference=None, sqnr_db={}, notes=())
    few = samples.head(SCORED)
    if quantized.float_model is None:
        return Truth(samples=few, reference=None, sqnr_db={}, notes=())
    layers = layer_sqnr(quantized, few.head(TRACED))
    return Truth(samples=few, reference=reference, sqnr_db=layers, notes=named_worst(quantized.model, layers))


def score(job: Job, product: Product, outputs: tuple[Array, ...] | None, truth: Truth) -> tuple[Figure, ...]:
    """Compare an artifact's outputs over the samples with the truth; nothing where it was not run."""
    samples = truth.samples
    if samples is None or outputs is None:
        return ()
    source = f"{product.artifact} by {product.engine}, {samples.count} inputs of {samples.source}"
    return compare(truth.reference, outputs, samples.labels, product.model_of(job), source=source)
