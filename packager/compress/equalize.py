"""Cross-layer equalization: channels between two layers scaled so that one range of integers suits them all.

A layer's output channel divided by ``s`` and the next layer's weights for it multiplied by ``s`` leave the model as it
is where everything between is positively homogeneous, as ReLU and pooling are (Nagel and others, "Data-free
quantization through weight equalization and bias correction", 2019). Weights have a scale per output channel here, so
what is balanced is the activation: its channels' ranges against the columns of the weights that read them, ``s = sqrt(r
/ w)``; before a depthwise layer, whose every channel has a scale of its own, all channels get the same range.
"""

import dataclasses
from collections.abc import Iterator, Mapping
from types import MappingProxyType

import numpy as np

from packager.compress._contract import Array, Compressed, Context, Step, Work
from packager.compress._layers import Layer, Real, float_only, layers_of, with_constants
from packager.compress._names import named
from packager.compress._rows import traced
from packager.errors import Diagnostic, Severity, UnsupportedError
from packager.figure import Table
from packager.ir import Activation, Graph, Model, Node

_PASSING = frozenset({"RELU", "MAX_POOL_2D", "AVERAGE_POOL_2D", "MEAN", "RESHAPE", "LEAKY_RELU", "PRELU"})
"""Positively homogeneous, channel by channel."""
_FURTHEST = 1e3
"""A channel's factor is within so much of the layer's median: dead channels must not run away."""
_CAP = 6.0


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Equalize:
    skip: tuple[str, ...] = ()
    """Names of layers whose outputs stay as they are."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Pair:
    """Two layers with nothing but homogeneous operators between them."""

    first: Layer
    second: Layer
    capped: bool
    """Whether the first ends in a RELU6."""


def check(model: Model, how: Equalize, context: Context) -> Iterator[Diagnostic]:  # noqa: ARG001 - as Step.check
    yield from float_only(model, "equalizing")
    named((layer.name for layer in layers_of(model.main)), how.skip, "skip")


def apply(model: Model, how: Equalize, context: Context) -> Compressed:
    pairs = [pair for pair in pairs_of(model.main) if pair.first.name not in how.skip]
    ranges = _ranges(model, pairs, tuple(context.tuning.arrays.values()))
    weights: dict[int, Array] = {}
    for pair in pairs:
        weights |= {layer.tensor: layer.weights for layer in (pair.first, pair.second)}
    biases: dict[int, Array] = {}
    uncapped, rows = set(), []
    for pair in pairs:
        reach = ranges[pair.first.index]
        if pair.capped and reach.max() >= _CAP * 0.999:
            continue  # the cap is at work: scaled, it would cap elsewhere
        factors = _factors(pair.second, weights[pair.second.tensor], reach)
        if np.allclose(factors, 1):
            continue
        weights[pair.first.tensor] = _rows_scaled(pair.first, weights[pair.first.tensor], 1 / factors)
        weights[pair.second.tensor] = _columns_scaled(pair.second, weights[pair.second.tensor], factors)
        if pair.first.bias is not None:
            biases[pair.first.call.node.inputs[2]] = (pair.first.bias / factors).astype(np.float32)
        if pair.capped:
            uncapped.add(pair.first.index)
        after = reach / factors
        rows.append((pair.first.where, pair.second.where, _spread(reach), _spread(after)))
    if not rows:
        raise UnsupportedError(
            f"{model.name}: no two layers have only ReLU, pooling and the like between them", hint="leave the step out"
        )
    return Compressed(
        model=_without_caps(with_constants(model, {**weights, **biases}), uncapped),
        rescaled=True,
        summary=f"{len(rows)} pairs of layers equalized" + (f", {len(uncapped)} RELU6 became RELU" if uncapped else ""),
        changes=tuple(
            Diagnostic(severity=Severity.NOTE, where=r[0], message=f"largest over median range {r[2]} -> {r[3]}")
            for r in rows
        ),
        table=Table(
            columns=("layer", "read by", ">largest over median range before", ">after"), rows=tuple(rows)
        ),
    )  # fmt: skip


def pairs_of(graph: Graph) -> tuple[Pair, ...]:
    """Every pair of layers that can be equalized, in order."""
    layers = {layer.index: layer for layer in layers_of(graph)}
    found = []
    for layer in layers.values():
        activation = layer.call.attrs.get("fused_activation_function", 0)
        if activation not in {Activation.NONE, Activation.RELU, Activation.RELU6}:
            continue
        reader = _reader(graph, layer.call.node.outputs[0], layer.outs)
        if reader in layers:
            found.append(Pair(first=layer, second=layers[reader], capped=activation == Activation.RELU6))
    return tuple(found)


def _reader(graph: Graph, tensor: int, channels: int) -> int:
    """The layer that alone reads a tensor, through homogeneous operators; -1 where there is none."""
    consumers = graph.consumers()
    while True:
        users = consumers.get(tensor, ())
        if len(users) != 1 or tensor in graph.outputs:
            return -1
        node = graph.nodes[users[0]]
        if node.op not in _PASSING:
            return users[0] if node.inputs[0] == tensor else -1
        fused = node.attrs.get("fused_activation_function", 0) or 0
        if fused not in {Activation.NONE, Activation.RELU} or graph.type_of(node.outputs[0]).dims[-1] % channels:
            return -1
        if node.op == "MEAN" and not _keeps_channels(graph, node):
            return -1
        if node.op == "PRELU" and graph.type_of(node.outputs[0]).dims != graph.type_of(tensor).dims:
            return -1
        tensor = node.outputs[0]


def _keeps_channels(graph: Graph, node: Node) -> bool:
    axes, rank = graph.tensors[node.inputs[1]].data, len(graph.type_of(node.inputs[0]).dims)
    return axes is not None and not np.isin(axes, (rank - 1, -1)).any()


def _ranges(model: Model, pairs: list[Pair], inputs: tuple[Array, ...]) -> Mapping[int, Real]:
    """The largest magnitude of each output channel of the first layers, by operator index."""
    tensors = {pair.first.index: pair.first.call.node.outputs[0] for pair in pairs}
    found = {pair.first.index: np.zeros(pair.first.outs) for pair in pairs}
    for part in traced(model, inputs, list(tensors.values())) if pairs else ():
        for index, largest in found.items():
            values = np.abs(part[tensors[index]]).reshape(-1, len(largest))
            np.maximum(largest, values.max(axis=0), out=largest)
    return found


def _factors(second: Layer, weights: Array, reach: Real) -> Real:
    columns = np.abs(_by_input(second, weights, len(reach))).max(axis=1)
    if second.depthwise:
        wanted = reach.copy()
    else:
        wanted = np.sqrt(np.divide(reach, columns, out=np.zeros_like(reach), where=columns > 0))
    alive = wanted > 0
    if not alive.any():
        return np.ones_like(reach)
    middle = float(np.median(wanted[alive]))
    found: Real = np.where(alive, np.clip(wanted / middle, 1 / _FURTHEST, _FURTHEST), 1.0)
    return found


def _by_input(layer: Layer, weights: Array, channels: int) -> Array:
    """Weights by the input channel that they read, ``[channels, ...]``."""
    if layer.depthwise:
        return weights.reshape(-1, channels, layer.outs // channels).transpose(1, 0, 2).reshape(channels, -1)
    return weights.reshape(-1, channels).T


def _rows_scaled(layer: Layer, weights: Array, factors: Real) -> Array:
    shape = (-1, 1, 1, 1)[: weights.ndim] if not layer.depthwise else (1, 1, 1, -1)
    return (weights * factors.reshape(shape)).astype(np.float32)


def _columns_scaled(layer: Layer, weights: Array, factors: Real) -> Array:
    if layer.depthwise:
        return (weights * np.repeat(factors, layer.outs // len(factors))).astype(np.float32)
    return (weights.reshape(-1, len(factors)) * factors).reshape(weights.shape).astype(np.float32)


def _without_caps(model: Model, layers: set[int]) -> Model:
    nodes = tuple(
        dataclasses.replace(
            node, attrs=MappingProxyType({**node.attrs, "fused_activation_function": int(Activation.RELU)})
        )
        if i in layers
        else node
        for i, node in enumerate(model.main.nodes)
    )
    return model.with_main(dataclasses.replace(model.main, nodes=nodes))


def _spread(reach: Real) -> str:
    alive = reach[reach > 0]
    return f"{reach.max() / np.median(alive):.2f}" if len(alive) else "-"


STEP = Step(
    title="cross-layer equalization",
    parameters=Equalize,
    check=check,
    apply=apply,
    undoes=frozenset({Work.RANGES, Work.CLUSTERS}),
)
