"""N:M sparsity: of every M weights along the input channels only N stay, as tensor cores of Ampere skip them (2:4)."""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from packager.compress._contract import Compressed, Context, Mask, Step, Work
from packager.compress._layers import Layer, Real, float_only
from packager.compress._names import named
from packager.compress._sparse import names, sparsify, taken
from packager.errors import Diagnostic, Severity
from packager.ir import Model


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Pattern:
    keep: int = 2
    """Of every `of` weights, so many stay."""
    of: int = 4
    correct: bool = True
    """Choose and correct by second order on the calibration data; else by magnitude alone, the rest as it was."""
    layers: tuple[str, ...] = ()
    """Names of the layers to prune; empty for all whose input channels `of` divides."""
    skip: tuple[str, ...] = ()


def problems(how: Pattern) -> Iterator[tuple[str, str]]:
    if not 0 < how.keep < how.of <= 64:
        yield f"keep = {how.keep}, of = {how.of} is no pattern", "2 of 4 is what TensorRT takes"


def check(model: Model, how: Pattern, context: Context) -> Iterator[Diagnostic]:  # noqa: ARG001 - as Step.check
    yield from float_only(model, "zeroing weights")
    named(names(model), (*how.layers, *how.skip), "layers and skip")
    chosen = taken(model, how.layers, how.skip)
    for layer in chosen:
        if how.layers and not _fits(layer, how):
            yield Diagnostic(
                severity=Severity.ERROR, where=layer.where,
                message=f"has {layer.weights.shape[-1]} input channels, which {how.of} does not divide",
                hint="leave it out of layers",
            )  # fmt: skip
    if chosen and not any(_fits(layer, how) for layer in chosen):
        yield Diagnostic(
            severity=Severity.ERROR,
            message=f"no layer has input channels that {how.of} divides",
            hint="leave the step out",
        )


def apply(model: Model, how: Pattern, context: Context) -> Compressed:
    def choose(layers: Sequence[Layer], scores: Mapping[int, Real]) -> Mapping[int, Mask]:
        return {layer.index: best(scores[layer.index], how.keep, how.of) for layer in layers if _fits(layer, how)}

    what = f"{how.keep} of every {how.of} stay"
    return sparsify(
        model, context, choose, layers=how.layers, skip=how.skip, correct=how.correct, what=what
    )  # fmt: skip


def _fits(layer: Layer, how: Pattern) -> bool:
    return int(layer.weights.shape[-1]) % how.of == 0


def best(score: Real, keep: int, of: int) -> Mask:
    """The `keep` best of every `of` along the last axis."""
    groups = score.reshape(-1, of)
    order = np.argsort(-groups, axis=1, kind="stable")
    stays = np.zeros(groups.shape, np.bool_)
    np.put_along_axis(stays, order[:, :keep], values=True, axis=1)
    return stays.reshape(score.shape)


STEP = Step(
    title="N:M sparsity",
    parameters=Pattern,
    problems=problems,
    check=check,
    apply=apply,
    settles=Work.PATTERN,
    undoes=frozenset({Work.RANGES, Work.CLUSTERS}),
)
