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
from packager.compress._least_squares import fitted
from packager.errors import ToolError, UnsupportedError
from packager.ir import ABSENT, Activation, Graph, Model, read_tflite_bytes, write_tflite
from packager.prune._contract import Slot
from packager.util.child import call

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
    (better,) = refit_each(original, [(model, grids or {})], inputs, keep=keep, masks=masks, seed=seed)
    return better


def refit_each(
    original: Model,
    models: Sequence[tuple[Model, Mapping[str, Grid]]],
    inputs: Sequence[Array],
    *,
    keep: Mapping[str, Mask] | None = None,
    masks: Mapping[str, Mask] | None = None,
    seed: int = 0,
) -> list[Model]:
    """Fit several models, each with its grids, in one child process; otherwise as `refit`."""
    try:
        changes: list[dict[int, Array]] = call(
            _refit_each, write_tflite(original), [(write_tflite(model), dict(grids)) for model, grids in models],
            list(inputs), dict(keep or {}), dict(masks or {}), seed,
        )  # fmt: skip
    except ToolError as error:
        raise UnsupportedError(
            f"{original.name}: LiteRT can't run it: {error}", hint="leave refitting out", details=error.details
        ) from None
    return [with_constants(model, changed) for (model, _), changed in zip(models, changes, strict=True)]


def _refit_each(
    first: bytes,
    others: list[tuple[bytes, dict[str, Grid]]],
    inputs: list[Array],
    keep: dict[str, Mask],
    masks: dict[str, Mask],
    seed: int,
) -> list[dict[int, Array]]:
    """The child's side: of each model new constants by tensor index."""
    return [_refit(first, second, inputs, keep, masks, grids, seed) for second, grids in others]


def _refit(
    first: bytes,
    second: bytes,
    inputs: list[Array],
    keep: dict[str, Mask],
    masks: dict[str, Mask],
    grids: dict[str, Grid],
    seed: int,
) -> dict[int, Array]:
    """New constants by tensor index."""
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
        changed = fitted(layer, rows, target, masks.get(model.main.tensors[layer.tensor].name))
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


def kept_outputs(layers: Sequence[Layer], keep: Mapping[Slot, Mask]) -> Iterator[tuple[str, Mask]]:
    """Which outputs of the original's layers a pruning plan keeps, from its masks by tensor and axis."""
    for layer in layers:
        stays = keep.get(Slot(layer.tensor, 3 if layer.depthwise else 0))
        if stays is not None:
            yield layer.name, stays
