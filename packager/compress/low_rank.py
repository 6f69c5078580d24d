"""Low-rank factorization: one layer becomes two thin ones where that computes and stores less.

``W x + b`` with ``W = U V`` of rank r: ``U (V (x - m)) + (W m + b)``, m the mean of x. Of all rank-r products the one
with the least output error over the tuning inputs: with ``C = L L'`` their covariance, the truncated singular value
decomposition of ``W L`` is ``U`` and ``V L``. By the metric ``fisher`` errors count as the model's answer
feels them: with ``F = R R'`` the Fisher information of the layer's result, that of ``R' W L`` is ``R' U`` and ``V L``.
"""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from packager.compress._contract import Array, Compressed, Context, Step, Work
from packager.compress._factors import factorized, with_factors
from packager.compress._gradients import ungraded
from packager.compress._grams import grams
from packager.compress._layers import Layer, Real, float_only, layers_of
from packager.compress._names import named
from packager.compress._refit import refit
from packager.config.training import Training
from packager.errors import Diagnostic, Severity, UnsupportedError, did_you_mean
from packager.figure import Table
from packager.ir import Model, write_tflite
from packager.train import Example, fisher_of

_METRICS = ("output", "fisher")
_INPUTS = 1000
"""That Fisher information is gathered over, at most."""
_CHANNEL_BYTES = 4 + 8 + 4 + 8 + 8
"""Of an int8 file for each row of weights: scale and zero point, the bias, and its own scale and zero point."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class LowRank:
    error: float = 0.02
    """Energy that a layer's output may lose, as a share of its variance; the rank is the least that keeps to it."""
    spatial: bool = False
    """Convolutions of larger windows too: the window first, to few channels, then 1x1."""
    grow: int = 0
    """Bytes that the int8 file may grow by for each layer that computes less so; 0 for layers that also store less."""
    metric: str = "output"
    """What an error of the output counts: ``output``, its energy; ``fisher``, what the model's answer makes of it,
    for which TensorFlow is needed."""
    refit: bool = True
    """Fit every layer anew to what the original computed, in order."""
    layers: tuple[str, ...] = ()
    """Names of the layers to factorize; empty for all dense and 1x1 ones."""
    skip: tuple[str, ...] = ()


def problems(how: LowRank) -> Iterator[tuple[str, str]]:
    if not 0 < how.error < 1:
        yield f"error = {how.error:g} is no share", "0.02 lets a layer's output lose a fiftieth of its energy"
    if how.metric not in _METRICS:
        yield f"no metric {how.metric!r}", did_you_mean(how.metric, _METRICS)
    if how.grow < 0:
        yield f"grow = {how.grow} is out of range", "use 0, or the bytes that less work may cost"


def check(model: Model, how: LowRank, context: Context) -> Iterator[Diagnostic]:  # noqa: ARG001 - as Step.check
    """What keeps the model from being factorized.

    Raises:
        ConfigError: a name is no layer's.
        ToolError: ``fisher`` without TensorFlow.
    """
    yield from float_only(model, "factorizing")
    named((la.name for la in layers_of(model.main) if not la.depthwise), (*how.layers, *how.skip), "layers and skip")
    if how.metric == "fisher":
        yield from ungraded(model)


def apply(model: Model, how: LowRank, context: Context) -> Compressed:
    inputs = tuple(context.tuning.arrays.values())
    layers = [layer for layer in layers_of(model.main) if _taken(layer, how)]
    found = grams(model, layers, inputs, seed=context.seed)
    metrics = _metrics(model, layers, inputs, context.seed) if how.metric == "fisher" else {}
    smaller, rows = model, []
    larger: list[int] = []
    for layer in layers:
        factors = factorized(layer, found[layer.index], how.error, metrics.get(layer.index))
        rank, (outs, columns) = len(factors.first), layer.matrix.shape
        if rank * (outs + columns) >= outs * columns:
            continue
        split = with_factors(smaller, layer.name, factors)
        more = _int8_bytes(split) + rank * _CHANNEL_BYTES - _int8_bytes(smaller)
        if more >= how.grow:
            larger.append(more)
            continue
        smaller = split
        macs = layer.positions * rank * (outs + columns)
        rows.append((layer.where, f"{outs}x{columns}", str(rank), f"{factors.error:.2%}", str(layer.macs), str(macs)))
    if not rows:
        raise UnsupportedError(
            f"{model.name}: no layer gets smaller by a rank that keeps to an error of {how.error:g}",
            hint=f"allow a greater error{_growing(larger)}, or leave the step out",
        )
    if how.refit:
        smaller = refit(model, smaller, inputs, masks=context.kept.masks, seed=context.seed)
    saved = sum(int(row[4]) - int(row[5]) for row in rows) / sum(layer.macs for layer in layers_of(model.main))
    return Compressed(
        model=smaller,
        summary=f"{len(rows)} of {len(layers)} layers became products of two, {saved:.1%} fewer multiply-accumulates",
        changes=tuple(
            Diagnostic(severity=Severity.NOTE, where=row[0], message=f"rank {row[2]} of {row[1]}, error {row[3]}")
            for row in rows
        ),
        table=Table(columns=("layer", ">weights", ">rank", ">error", ">MACs before", ">after"), rows=tuple(rows)),
    )


def _growing(larger: list[int]) -> str:
    """What to allow where layers would compute less, but store more by so many bytes."""
    return f", grow = {min(larger) + 1} for less work in a larger file" if larger else ""


def _taken(layer: Layer, how: LowRank) -> bool:
    if layer.depthwise or (how.layers and layer.name not in how.layers) or layer.name in how.skip:
        return False
    return layer.op == "FULLY_CONNECTED" or how.spatial or layer.weights.shape[1:3] == (1, 1)


def _metrics(model: Model, layers: Sequence[Layer], inputs: Sequence[Array], seed: int) -> Mapping[int, Real]:
    """By operator index, what the model's answer makes of errors of its result."""
    data = Example(inputs=tuple(x[:_INPUTS] for x in inputs), labels=None)
    results = {layer.index: model.main.nodes[layer.index].outputs[0] for layer in layers}
    found = fisher_of(model, data, list(results.values()), Training(seed=seed))
    return {index: found[t] for index, t in results.items()}


def _int8_bytes(model: Model) -> int:
    """What the file takes once its weights are int8: the float file less three quarters of its float constants."""
    floats: list[Array] = [t.data for t in model.main.tensors if t.data is not None and t.data.dtype == np.float32]
    return len(write_tflite(model)) - sum(3 * data.nbytes // 4 for data in floats if data.ndim > 1)


STEP = Step(
    title="low-rank factorization",
    parameters=LowRank,
    problems=problems,
    check=check,
    apply=apply,
    settles=Work.FACTORS,
    undoes=frozenset({Work.RANGES, Work.CLUSTERS, Work.PATTERN, Work.ZEROS}),
)
