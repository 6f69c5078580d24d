"""Layer after layer, weights fitted anew so that a smaller model computes what the original did.

The smaller model's layer sees other inputs than the original's: channels are missing, earlier errors have added up. Its
weights and bias are chosen by least squares over the tuning inputs to give, from what it does see, what the
original layer gave before its activation. Where the result is added to another tensor, it makes up for that one's
error too. The reconstruction is He, Zhang and Sun's ("Channel pruning for accelerating very deep neural networks",
2017), for every layer in order, with weights held near what they were where the inputs tell too little.
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from packager.compress._contract import Array, Mask
from packager.compress._grids import Grid
from packager.compress._layers import Layer, Real, drawn, in_place, layers_of, rows_of, traced, with_constants
from packager.errors import ToolError, UnsupportedError
from packager.ir import ABSENT, Activation, Graph, Model, read_tflite_bytes, write_tflite
from packager.prune._contract import Slot
from packager.util.child import call

_RIDGES = (1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1.0, 10.0)
"""Of the mean variance of a column; tried in turn."""
_ROWS = 40_000
"""Positions that a layer is fitted to, at most."""


def refit(
    original: Model,
    model: Model,
    inputs: Sequence[Array],
    *,
    keep: Mapping[str, Mask] | None = None,
    masks: Mapping[str, Mask] | None = None,
    grids: Mapping[str, Grid] | None = None,
    seed: int = 0,
) -> Model:
    """Fit the layers that both models have, matched by name.

    Args:
        original: What is to be computed.
        model: Whose weights are fitted; operators in the same order.
        inputs: One array an input, ``[count, ...]``.
        keep: By layer name, which output channels of the original are left; all where it is not named.
        masks: By the name of a weights tensor, where values may be other than zero.
        grids: By the name of an activation, which positions of the original's are left; all where it is not named.
        seed: Draws the positions that are looked at.

    Raises:
        UnsupportedError: LiteRT can't run one of them.
    """
    try:
        changed: dict[int, Array] = call(
            _refit, write_tflite(original), write_tflite(model), list(inputs), dict(keep or {}), dict(masks or {}),
            dict(grids or {}), seed,
        )  # fmt: skip
    except ToolError as error:
        raise UnsupportedError(
            f"{model.name}: LiteRT can't run it: {error}", hint="leave refitting out", details=error.details
        ) from None
    return with_constants(model, changed)


def _refit(
    first: bytes,
    second: bytes,
    inputs: list[Array],
    keep: dict[str, Mask],
    masks: dict[str, Mask],
    grids: dict[str, Grid],
    seed: int,
) -> dict[int, Array]:
    """The child's side: new constants by tensor index."""
    original, model = (read_tflite_bytes(blob, name="model", source="model") for blob in (first, second))
    originals = {layer.name: layer for layer in layers_of(original.main)}
    layers = {layer.name: layer for layer in layers_of(model.main) if layer.name in originals}
    names = list(layers)
    at = _positions(layers, names, len(inputs[0]), seed)
    first_at = {name: _at_first(layers[name], originals[name], at[name], grids) for name in names}
    wanted = _Wanted(original, inputs, [originals[name] for name in names], first_at)
    found: dict[int, Array] = {}
    for name in names:
        layer = next(layer for layer in layers_of(model.main) if layer.name == name)
        other = _added_to(model.main, layer)
        rows, beside = _sampled(model, inputs, layer, other, at[name])
        target = wanted.of(name) if other == ABSENT else wanted.of(name) + wanted.beside(name)
        target = target if name not in keep else target[:, keep[name]]
        target = target if other == ABSENT else target - beside
        changed = _fitted(layer, rows, target, masks.get(model.main.tensors[layer.tensor].name))
        found.update(changed)
        model = with_constants(model, changed)
    return found


def _positions(layers: Mapping[str, Layer], names: Sequence[str], count: int, seed: int) -> dict[str, Array]:
    rng = np.random.default_rng(seed)
    return {name: drawn(layers[name], count, _ROWS, rng) for name in names}


def _at_first(layer: Layer, original: Layer, at: Array, grids: Mapping[str, Grid]) -> Array:
    """Numbers of a layer's positions among the original's."""
    grid = grids.get(layer.name)
    if grid is None or layer.call.output.dims == original.call.output.dims:
        return at
    (_, *now, _), (_, *before, _) = layer.call.output.dims, original.call.output.dims
    return grid.number(at, (now[0], now[1]), (before[0], before[1]))


class _Wanted:
    """What the original's layers compute before their activations, and what is added to them."""

    def __init__(self, model: Model, inputs: Sequence[Array], layers: Sequence[Layer], at: Mapping[str, Array]) -> None:
        others = {layer.name: _added_to(model.main, layer) for layer in layers}
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


def _within(at: Array, positions: int, start: int, size: int) -> Array:
    """Those of the positions that lie in samples ``start..start + size``, numbered from there."""
    low, high = np.searchsorted(at, (start * positions, (start + size) * positions))
    found: Array = at[low:high] - start * positions
    return found


def _sampled(model: Model, inputs: Sequence[Array], layer: Layer, other: int, at: Array) -> tuple[Array, Real]:
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


def _added_to(graph: Graph, layer: Layer) -> int:
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


def _sums(layer: Layer, rows: Array) -> Array:
    """The layer's result before its activation."""
    found = np.einsum("not,ot->no", rows, layer.matrix) if layer.depthwise else rows @ layer.matrix.T
    return found if layer.bias is None else found + layer.bias


def _fitted(layer: Layer, rows: Array, target: Real, mask: Mask | None) -> dict[int, Array]:
    """New weights and bias by tensor index."""
    x = rows.astype(np.float64)
    centre = layer.bias is not None
    mean = x.mean(axis=0) if centre else np.zeros(x.shape[1:])
    goal = target.mean(axis=0) if centre else np.zeros(target.shape[1])
    x -= mean
    old = layer.matrix.astype(np.float64)
    y = target - goal
    new = _each(old, x, y) if layer.depthwise else _all(old, x, y, None if mask is None else mask.reshape(old.shape))
    changed: dict[int, Array] = {layer.tensor: layer.shaped(new)}
    if centre:
        at_mean = np.einsum("ot,ot->o", new, mean) if layer.depthwise else new @ mean
        changed[layer.call.node.inputs[2]] = (goal - at_mean).astype(np.float32)
    return changed


def _each(old: Real, x: Real, y: Real) -> Real:
    """Of a depthwise layer: ``[out, taps]`` from ``[n, out, taps]``; each output is a problem of its own."""
    rest = y - np.einsum("not,ot->no", x, old)
    every = np.ones(old.shape[1], np.bool_)
    found: Real = old + np.stack(
        [
            _step(_Problem(np.ascontiguousarray(x[:, i]), rest[:, i : i + 1]), every, slice(None))[0]
            for i in range(len(old))
        ]
    )
    return found


def _all(old: Real, x: Real, y: Real, mask: Mask | None) -> Real:
    """Of any other layer: ``[out, columns]`` from ``[n, columns]``."""
    problem = _Problem(x, y - x @ old.T)
    if mask is None or mask.all():
        return old + _step(problem, np.ones(old.shape[1], np.bool_), slice(None))
    new = old.copy()
    for row, alive in enumerate(mask):
        if alive.any():
            new[row, alive] += _step(problem, alive, slice(row, row + 1))[0]
    return new


class _Problem:
    """Second moments of what a layer reads ``[n, columns]``, and with what is left over ``[n, out]``.

    Of the first four fifths of the rows, of the last, and of all.
    """

    def __init__(self, x: Real, rest: Real) -> None:
        cut = len(x) - len(x) // 5
        parts = [(x[part], rest[part]) for part in (slice(0, cut), slice(cut, None))]
        self.grams = [a.T @ a for a, _ in parts]
        self.crosses = [a.T @ b for a, b in parts]
        self.counts = [max(len(a), 1) for a, _ in parts]

    def part(self, which: int, alive: Mask, rows: slice) -> tuple[Real, Real]:
        """Of some columns and some outputs."""
        gram, cross = self.grams[which], self.crosses[which]
        return gram[np.ix_(alive, alive)] / self.counts[which], cross[alive, rows] / self.counts[which]

    def whole(self, alive: Mask, rows: slice) -> tuple[Real, Real]:
        gram, cross = self.grams[0] + self.grams[1], self.crosses[0] + self.crosses[1]
        count = sum(self.counts)
        return gram[np.ix_(alive, alive)] / count, cross[alive, rows] / count


def _step(problem: _Problem, alive: Mask, rows: slice) -> Real:
    """The change of weights ``[out, columns]`` that explains what is left over.

    The ridge that holds it small is the one under which the first four fifths of the inputs tell most of the last;
    there is no change where they tell nothing.
    """
    (gram, cross), (held, crossed) = (problem.part(which, alive, rows) for which in (0, 1))
    values, vectors = np.linalg.eigh(gram)
    scale = max(float(values.mean()), float(np.finfo(np.float64).tiny))
    turned, held, crossed = vectors.T @ cross, vectors.T @ held @ vectors, vectors.T @ crossed
    best, least = 0.0, 0.0
    for ridge in _RIDGES:
        change = turned / (np.maximum(values, 0) + ridge * scale)[:, None]
        gain = float(np.sum(change * (held @ change)) - 2 * np.sum(change * crossed))
        if gain < least:
            best, least = ridge, gain
    if not best:
        return np.zeros((cross.shape[1], len(gram)))
    gram, cross = problem.whole(alive, rows)
    return np.linalg.solve(gram + best * scale * np.eye(len(gram)), cross).T.astype(np.float64)


def kept_outputs(layers: Sequence[Layer], keep: Mapping[Slot, Mask]) -> Iterator[tuple[str, Mask]]:
    """Which outputs of the original's layers a pruning plan keeps, from its masks by tensor and axis."""
    for layer in layers:
        stays = keep.get(Slot(layer.tensor, 3 if layer.depthwise else 0))
        if stays is not None:
            yield layer.name, stays
