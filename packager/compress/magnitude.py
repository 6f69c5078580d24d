"""Unstructured pruning: the weights that matter least become zero, wherever they stand.

The file stays as large and a dense kernel as slow; an archive, and code that skips zeros, get smaller.
"""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from packager.compress._contract import Compressed, Context, Mask, Step, Work
from packager.compress._layers import Layer, Real, float_only
from packager.compress._names import named
from packager.compress._sparse import names, sparsify
from packager.errors import Diagnostic, did_you_mean
from packager.ir import Model

_SCOPES = ("model", "layer")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Magnitude:
    ratio: float = 0.0
    """Of the weights that shall be zero, between 0 and 1; or"""
    threshold: float = 0.0
    """magnitude, as a share of the layer's root mean square, under which a weight becomes zero."""
    scope: str = "model"
    """``model``: the ratio is of all layers together, those that bear it losing more; ``layer``: of each."""
    correct: bool = True
    """Choose and correct by second order on the calibration data; else by magnitude alone, the rest as it was."""
    layers: tuple[str, ...] = ()
    """Names of the layers to prune; empty for all."""
    skip: tuple[str, ...] = ()


def problems(how: Magnitude) -> Iterator[tuple[str, str]]:
    if (how.ratio == 0) == (how.threshold == 0):
        which = "ratio or threshold, above 0" if how.ratio == 0 else "ratio or threshold, not both"
        yield f"give {which}", "ratio = 0.5 zeroes half of the weights"
    elif how.ratio and not 0 < how.ratio < 1:
        yield f"a ratio of {how.ratio:g} can't be zeroed", "use one between 0 and 1: 0.5 for half of the weights"
    elif how.threshold and not 0 < how.threshold < 100:
        yield f"threshold = {how.threshold:g} is out of range", "0.5 zeroes what is under half of the root mean square"
    if how.scope not in _SCOPES:
        yield f"no scope {how.scope!r}", did_you_mean(how.scope, _SCOPES)


def check(model: Model, how: Magnitude, context: Context) -> Iterator[Diagnostic]:  # noqa: ARG001 - as Step.check
    yield from float_only(model, "zeroing weights")
    named(names(model), (*how.layers, *how.skip), "layers and skip")


def apply(model: Model, how: Magnitude, context: Context) -> Compressed:
    def choose(layers: Sequence[Layer], scores: Mapping[int, Real]) -> Mapping[int, Mask]:
        if how.threshold:
            return {layer.index: _above(layer, how.threshold) for layer in layers}
        if how.scope == "layer":
            return {i: _largest(score, how.ratio) for i, score in scores.items()}
        # Saliencies are energies of the layer's own output: as shares of it, layers can be compared.
        shares = {i: np.where(s < 0, s, s / max(float(s.clip(0).sum()), 1e-300)) for i, s in scores.items()}
        limit = np.quantile(np.concatenate([s.ravel() for s in shares.values()]), how.ratio) if shares else 0.0
        return {i: _some(share, share > limit) for i, share in shares.items()}

    what = (
        f"under {how.threshold:g} of the root mean square"
        if how.threshold
        else f"ratio {how.ratio:g} of {'each layer' if how.scope == 'layer' else 'all layers together'}"
    )
    return sparsify(
        model, context, choose, layers=how.layers, skip=how.skip, correct=how.correct, what=what
    )  # fmt: skip


def _above(layer: Layer, threshold: float) -> Mask:
    matrix = np.abs(layer.matrix)
    return _some(matrix, matrix >= threshold * float(np.sqrt(np.square(matrix, dtype=np.float64).mean())))


def _largest(score: Real, ratio: float) -> Mask:
    gone = np.argsort(score, axis=None, kind="stable")[: int(ratio * score.size)]
    stays = np.ones(score.size, np.bool_)
    stays[gone] = False
    return _some(score, stays.reshape(score.shape))


def _some(score: Real, stays: Mask) -> Mask:
    """The mask, where it leaves the layer anything; else with its best weight: no layer goes silent."""
    if not stays.any():
        stays = stays.copy()
        stays[np.unravel_index(int(score.argmax()), score.shape)] = True
    return stays


STEP = Step(
    title="unstructured pruning",
    parameters=Magnitude,
    problems=problems,
    check=check,
    apply=apply,
    settles=Work.ZEROS,
    undoes=frozenset({Work.RANGES, Work.CLUSTERS}),
)
