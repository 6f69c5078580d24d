"""What compressing one layer costs the whole model, for every layer and several amounts, on the tuning inputs."""

import dataclasses
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from packager.compress._contract import Array, Context
from packager.compress._layers import layers_of, quantized, with_constants
from packager.compress._measure import TOGETHER
from packager.compress._rows import traced
from packager.figure import Curve
from packager.ir import DType, Graph, GraphBuilder, Model, QuantParams
from packager.prune.shares import prune_each

KINDS = ("channels", "weights", "int8")


class Variant(NamedTuple):
    layer: str
    at: float
    model: Model


def curves_of(model: Model, context: Context, kind: str, ratios: Sequence[float]) -> tuple[Curve, ...]:
    """Measure the curves of one kind, in the order of the graph."""
    inputs = tuple(context.tuning.arrays.values())
    variants = {
        "channels": lambda: _channels(model, inputs, ratios),
        "weights": lambda: _weights(model, ratios),
        "int8": lambda: int8_variants(model, inputs),
    }[kind]()
    points: dict[str, list[tuple[float, float, float]]] = {}
    waiting: list[Variant] = []
    for variant in variants:
        waiting.append(variant)
        if len(waiting) == TOGETHER:
            _measure(waiting, context, points)
            waiting = []
    _measure(waiting, context, points)
    return tuple(
        Curve(layer=layer, what=kind, at=tuple(p[0] for p in found), losses=tuple(p[1] for p in found),
              values=tuple(p[2] for p in found))
        for layer, found in points.items()
    )  # fmt: skip


def _measure(waiting: Sequence[Variant], context: Context, points: dict[str, list[tuple[float, float, float]]]) -> None:
    scores = context.measure([variant.model for variant in waiting])
    for variant, score in zip(waiting, scores, strict=True):
        points.setdefault(variant.layer, []).append((variant.at, score.loss, score.value))


def _channels(model: Model, inputs: Sequence[Array], ratios: Sequence[float]) -> Iterator[Variant]:
    for makers, gone, smaller in prune_each(model, inputs, ratios):
        yield Variant(makers[0], gone, smaller)


def _weights(model: Model, ratios: Sequence[float]) -> Iterator[Variant]:
    for layer in layers_of(model.main):
        sizes = np.abs(layer.weights).ravel()
        order = np.argsort(sizes, kind="stable")
        for ratio in ratios:
            fewer = layer.weights.copy().ravel()
            fewer[order[: int(ratio * len(order))]] = 0
            changed = with_constants(model, {layer.tensor: fewer.reshape(layer.weights.shape)})
            yield Variant(layer.name, ratio, changed)


def int8_variants(model: Model, inputs: Sequence[Array], *, weights: bool = True) -> Iterator[Variant]:
    """Each operator alone in int8: its result, by a QUANTIZE and a DEQUANTIZE behind it, and `weights`."""
    graph = model.main
    made = {i: node.outputs[0] for i, node in enumerate(graph.nodes) if _is_float(graph, node.outputs)}
    low, high = (dict.fromkeys(made, 0.0) for _ in range(2))
    for part in traced(model, inputs, list(made.values())):
        for i, t in made.items():
            low[i], high[i] = min(low[i], float(part[t].min())), max(high[i], float(part[t].max()))
    layers = {layer.index: layer for layer in layers_of(graph)}
    for i in made:
        changed = model
        if weights and i in layers:
            scales, codes = quantized(layers[i])
            changed = with_constants(model, {layers[i].tensor: layers[i].shaped(codes * scales[:, None])})
        if high[i] > low[i]:
            changed = _rounded(changed, i, low[i], high[i])
        yield Variant(graph.node_name(i), 1.0, changed)


def _is_float(graph: Graph, outputs: Sequence[int]) -> bool:
    return len(outputs) == 1 and graph.type_of(outputs[0]).dtype is DType.FLOAT32


def _rounded(model: Model, index: int, low: float, high: float) -> Model:
    """The model with an operator's result rounded to the int8 that cover a range."""
    graph = model.main
    node = graph.nodes[index]
    t, scale = node.outputs[0], (high - low) / 255
    quant = QuantParams.per_tensor(scale, int(np.clip(np.rint(-128 - low / scale), -128, 127)))
    builder = GraphBuilder(graph)
    builder.nodes = list(graph.nodes[: index + 1])
    dims = graph.type_of(t).dims
    integer = builder.op(
        "QUANTIZE", [t], dims, options="QuantizeOptions", name=f"{index}/int8", dtype=DType.INT8, quant=quant
    )
    real = builder.op("DEQUANTIZE", [integer], dims, options="DequantizeOptions", name=f"{index}/real", version=2)
    for later in graph.nodes[index + 1 :]:
        inputs = tuple(real if i == t else i for i in later.inputs)
        builder.nodes.append(dataclasses.replace(later, inputs=inputs))
    changed = dataclasses.replace(
        graph,
        tensors=tuple(builder.tensors),
        nodes=tuple(builder.nodes),
        outputs=tuple(real if o == t else o for o in graph.outputs),
    )
    return dataclasses.replace(model.with_main(changed), signatures=())
