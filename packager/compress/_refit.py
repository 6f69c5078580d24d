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
from packager.compress._layers import Layer, layers_of, with_constants
from packager.compress._least_squares import fitted
from packager.compress._rows import drawn
from packager.compress._targets import Wanted, added_to, sampled
from packager.errors import ToolError, UnsupportedError
from packager.ir import ABSENT, Model, read_tflite_bytes, write_tflite
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
    wanted = Wanted(original, inputs, [originals[name] for name in names], first_at)
    found: dict[int, Array] = {}
    for name in names:
        layer = next(layer for layer in layers_of(model.main) if layer.name == name)
        other = added_to(model.main, layer)
        rows, beside = sampled(model, inputs, layer, other, at[name])
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


def kept_outputs(layers: Sequence[Layer], keep: Mapping[Slot, Mask]) -> Iterator[tuple[str, Mask]]:
    """Which outputs of the original's layers a pruning plan keeps, from its masks by tensor and axis."""
    for layer in layers:
        stays = keep.get(Slot(layer.tensor, 3 if layer.depthwise else 0))
        if stays is not None:
            yield layer.name, stays
