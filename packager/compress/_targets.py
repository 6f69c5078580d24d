"""What layers are fitted to: the original's results before their activations, and what both models read."""

from collections.abc import Mapping, Sequence

import numpy as np

from packager.compress._contract import Array
from packager.compress._layers import Layer, Real
from packager.compress._rows import in_place, rows_of, traced
from packager.ir import ABSENT, Activation, Graph, Model


class Wanted:
    """What the original's layers compute before their activations, and what is added to them."""

    def __init__(self, model: Model, inputs: Sequence[Array], layers: Sequence[Layer], at: Mapping[str, Array]) -> None:
        others = {layer.name: added_to(model.main, layer) for layer in layers}
        tensors = {t for layer in layers for t in (layer.source, others[layer.name])} - {ABSENT}
        parts: dict[str, list[tuple[Array, Array | None]]] = {layer.name: [] for layer in layers}
        start = 0
        for chunk in traced(model, inputs, sorted(tensors), in_place):
            size = len(next(iter(chunk.values())))
            for layer in layers:
                some = _within(at[layer.name], layer.positions, start, size)
                x = _sums(layer, rows_of(layer, chunk[layer.source], some))
                other = others[layer.name]
                beside = None if other == ABSENT else chunk[other].reshape(-1, layer.outs)[some]
                parts[layer.name].append((x, beside))
            start += size
        self.parts = parts

    def of(self, name: str) -> Real:
        found: Real = np.concatenate([x for x, _ in self.parts[name]]).astype(np.float64)
        return found

    def beside(self, name: str) -> Real:
        found: Real = np.concatenate([b for _, b in self.parts[name] if b is not None]).astype(np.float64)
        return found


def sampled(model: Model, inputs: Sequence[Array], layer: Layer, other: int, at: Array) -> tuple[Array, Real]:
    """What a layer of the smaller model reads, row by row, and what its output is added to."""
    rows, beside, start = [], [], 0
    for chunk in traced(model, inputs, [t for t in (layer.source, other) if t != ABSENT], in_place):
        size = len(chunk[layer.source])
        some = _within(at, layer.positions, start, size)
        rows.append(rows_of(layer, chunk[layer.source], some))
        if other != ABSENT:
            beside.append(chunk[other].reshape(-1, layer.outs)[some])
        start += size
    return np.concatenate(rows), np.concatenate(beside).astype(np.float64) if beside else np.zeros(0)


def added_to(graph: Graph, layer: Layer) -> int:
    """The tensor that alone is added to a layer's result, where it is computed before it; else `ABSENT`."""
    node = graph.nodes[layer.index]
    users = graph.consumers().get(node.outputs[0], ())
    if len(users) != 1 or node.outputs[0] in graph.outputs:
        return ABSENT
    add = graph.nodes[users[0]]
    if add.op != "ADD" or node.attrs.get("fused_activation_function", 0) != Activation.NONE:
        return ABSENT
    other = next((t for t in add.inputs if t != node.outputs[0]), ABSENT)
    if other == ABSENT or graph.tensors[other].is_constant or graph.type_of(other).dims != layer.call.output.dims:
        return ABSENT
    return other if graph.producers().get(other, -1) < layer.index else ABSENT


def _within(at: Array, positions: int, start: int, size: int) -> Array:
    """Those of the positions that lie in samples ``start..start + size``, numbered from there."""
    low, high = np.searchsorted(at, (start * positions, (start + size) * positions))
    found: Array = at[low:high] - start * positions
    return found


def _sums(layer: Layer, rows: Array) -> Array:
    """The layer's result before its activation."""
    found = np.einsum("not,ot->no", rows, layer.matrix) if layer.depthwise else rows @ layer.matrix.T
    return found if layer.bias is None else found + layer.bias
