"""Low-rank factorization: one layer becomes two thin ones where that computes and stores less.

``W x + b`` with ``W = U V`` of rank r: ``U (V (x - m)) + (W m + b)``, m the mean of x. Of all rank-r products the one
with the least output error over the tuning inputs: with ``C = L L'`` their covariance, the truncated singular value
decomposition of ``W L`` is ``U`` and ``V L``.
"""

import dataclasses
from collections.abc import Iterator
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from packager.compress._contract import Array, Compressed, Context, Step, Work
from packager.compress._grams import Gram, grams
from packager.compress._layers import Layer, Real, float_only, layers_of
from packager.compress._names import named
from packager.compress._refit import refit
from packager.errors import Diagnostic, Severity, UnsupportedError
from packager.figure import Table
from packager.ir import Activation, GraphBuilder, Model, Padding, compact, write_tflite

_RIDGE = 1e-4
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
    refit: bool = True
    """Fit every layer anew to what the original computed, in order."""
    layers: tuple[str, ...] = ()
    """Names of the layers to factorize; empty for all dense and 1x1 ones."""
    skip: tuple[str, ...] = ()


class Factors(NamedTuple):
    first: Real
    """``[rank, columns]``"""
    first_bias: Real
    second: Real
    """``[out, rank]``"""
    second_bias: Real
    error: float


def problems(how: LowRank) -> Iterator[tuple[str, str]]:
    if not 0 < how.error < 1:
        yield f"error = {how.error:g} is no share", "0.02 lets a layer's output lose a fiftieth of its energy"
    if how.grow < 0:
        yield f"grow = {how.grow} is out of range", "use 0, or the bytes that less work may cost"


def check(model: Model, how: LowRank, context: Context) -> Iterator[Diagnostic]:  # noqa: ARG001 - as Step.check
    yield from float_only(model, "factorizing")
    named((la.name for la in layers_of(model.main) if not la.depthwise), (*how.layers, *how.skip), "layers and skip")


def apply(model: Model, how: LowRank, context: Context) -> Compressed:
    inputs = tuple(context.tuning.arrays.values())
    layers = [layer for layer in layers_of(model.main) if _taken(layer, how)]
    found = grams(model, layers, inputs, seed=context.seed)
    smaller, rows = model, []
    larger: list[int] = []
    for layer in layers:
        factors = factorized(layer, found[layer.index], how.error)
        rank, (outs, columns) = len(factors.first), layer.matrix.shape
        if rank * (outs + columns) >= outs * columns:
            continue
        split = _split(smaller, layer.name, factors)
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


def factorized(layer: Layer, gram: Gram, error: float) -> Factors:
    """Return the factors of the least rank whose output error is at most `error` of the output's variance."""
    weights = layer.matrix.astype(np.float64)
    lower = np.linalg.cholesky(gram.ridged(_RIDGE))
    left, sizes, right = np.linalg.svd(weights @ lower, full_matrices=False)
    energy = np.square(sizes)
    lost = 1 - np.cumsum(energy) / max(float(energy.sum()), float(np.finfo(np.float64).tiny))
    rank = int(np.argmax(lost <= error)) + 1
    # The root of each size goes into either factor: quantized, both have rows of like magnitude.
    root = np.sqrt(sizes[:rank])
    first = np.linalg.solve(lower.T, (root[:, None] * right[:rank]).T).T
    second = left[:, :rank] * root
    bias = np.zeros(len(weights)) if layer.bias is None else layer.bias.astype(np.float64)
    return Factors(first, -first @ gram.mean, second, bias + weights @ gram.mean, max(float(lost[rank - 1]), 0.0))


def _split(model: Model, name: str, factors: Factors) -> Model:
    """The model with the layer of that name replaced by two."""
    graph = model.main
    index = next(i for i in range(len(graph.nodes)) if graph.node_name(i) == name)
    node, rank = graph.nodes[index], len(factors.first)
    builder = GraphBuilder(graph)
    shape = graph.type_of(node.inputs[1]).dims
    between = (rank, *shape[1:]), (shape[0], *((1,) * (len(shape) - 2)), rank)
    constants = [
        builder.const(np.ascontiguousarray(data.reshape(dims).astype(np.float32)), f"{name}/{what}")
        for what, data, dims in (
            ("first", factors.first, between[0]),
            ("first_bias", factors.first_bias, (rank,)),
            ("second", factors.second, between[1]),
            ("second_bias", factors.second_bias, (shape[0],)),
        )
    ]
    middle = builder.tensor(f"{name}/low_rank", (*graph.type_of(node.outputs[0]).dims[:-1], rank))
    first = dataclasses.replace(
        node,
        inputs=(node.inputs[0], *constants[:2]),
        outputs=(middle,),
        attrs=MappingProxyType({**node.attrs, "fused_activation_function": Activation.NONE}),
    )
    still = {"padding": Padding.VALID, "stride_h": 1, "stride_w": 1, "dilation_h_factor": 1, "dilation_w_factor": 1}
    attrs = {**node.attrs, **(still if node.op == "CONV_2D" else {})}
    second = dataclasses.replace(node, inputs=(middle, *constants[2:]), attrs=MappingProxyType(attrs))
    nodes = (*graph.nodes[:index], first, second, *graph.nodes[index + 1 :])
    changed = dataclasses.replace(graph, tensors=tuple(builder.tensors), nodes=nodes)
    return compact(model.with_main(changed))


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
