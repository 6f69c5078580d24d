"""Channels that can't change the output: nothing reads them, or they are constant. Cutting them is exact."""

import dataclasses
from collections.abc import Mapping

import numpy as np

from packager.ir import Graph, Model
from packager.prune._contract import Bounds, Cut, Int, Mask, Product, Pruned, PrunePlan, Real
from packager.prune.apply import apply_plan
from packager.prune.bounds import bounds_of
from packager.prune.channels import Channels, channels_of, makers
from packager.prune.ops._product import spread

_BIAS = 2.0**31 - 1


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Reading:
    """What a layer asks of the channels that it reads."""

    index: int
    made: Int
    """The group of each channel that it makes."""
    read: Int
    """The group of each column of its weights."""
    needs: Mask
    """``[out, in]``: where a column's channel must stay if the row's does."""
    held: Int
    """The columns whose channel is constant."""
    share: Real
    """``[out, held]``: what those add to the accumulator; NaN where that differs at the borders."""


def remove_dead(model: Model, *, multiple_of: int = 1) -> Pruned:
    """Cut every channel that can't change the output, and fold what constant ones contribute into biases.

    Integer models give the same integers, in both arithmetics; float models the same values but for rounding.

    Args:
        model: Float or integer, static.
        multiple_of: Each layer keeps a multiple of so many channels, where it has them.
    """
    return apply_plan(model, plan_dead(model.main, multiple_of=multiple_of))


def plan_dead(graph: Graph, *, multiple_of: int = 1) -> PrunePlan:
    """Say what can go, and why; every layer keeps at least one channel."""
    channels, bounds = channels_of(graph), bounds_of(graph)
    readings = [_reading(graph, index, layer, channels, bounds) for index, layer in makers(graph)]
    pinned = channels.pinned.copy()
    while True:
        needed = _needed(readings, pinned)
        short = _too_few(readings, needed, multiple_of)
        if not short.size:
            break
        pinned[short] = True
    return PrunePlan(
        keep={slot: needed[g] for slot, g in channels.groups.items() if not needed[g].all()},
        folds=_folds(readings, needed),
        cuts=tuple(cut for r in readings if (cut := _cut(graph, r, needed, bounds)) is not None),
        channels=sum(len(r.made) for r in readings),
    )


def _reading(graph: Graph, index: int, layer: Product, channels: Channels, bounds: Mapping[int, Bounds]) -> _Reading:
    node = graph.nodes[index]
    rows, _, columns = layer.weights.shape
    x = spread(bounds[node.inputs[0]], columns)
    held = np.flatnonzero(x.constant)
    values = x.low[held] - layer.input_zero
    needs, share = np.zeros((rows, columns), np.bool_), np.zeros((rows, len(held)))
    for part, block in layer.blocks():
        needs[part] = (block != 0).any(axis=1)
        share[part] = _shares(block[:, :, held] * values, layer.patterns)
    if not graph.type_of(node.inputs[0]).dtype.is_float:
        share[np.abs(layer.bias) + np.nansum(np.abs(share), axis=1) > _BIAS] = np.nan
        share[:, values == 0] = 0
    needs[:, held] &= np.isnan(share)
    made, read = channels.groups[layer.out], channels.groups[layer.into]
    return _Reading(index=index, made=made, read=read, needs=needs, held=held, share=share)


def _shares(terms: Real, patterns: Mask | None) -> Real:
    """Sum ``[out, taps, held]`` over the taps; NaN where the sum depends on which taps lie inside the input."""
    if patterns is None or not terms.size:
        found: Real = terms.sum(axis=1)
        return found
    low = high = terms[:, patterns[0]].sum(axis=1)
    for pattern in patterns[1:]:
        total = terms[:, pattern].sum(axis=1)
        low, high = np.minimum(low, total), np.maximum(high, total)
    return np.where(low == high, low, np.nan)


def _needed(readings: list[_Reading], pinned: Mask) -> Mask:
    """Follow the demand back from what must stay."""
    needed = pinned.copy()
    while True:
        before = int(needed.sum())
        for r in reversed(readings):
            needed[r.read[r.needs[needed[r.made]].any(axis=0)]] = True
        if int(needed.sum()) == before:
            return needed


def _too_few(readings: list[_Reading], needed: Mask, multiple_of: int) -> Int:
    """Return groups to keep after all, for layers that would be left with none or with an odd number."""
    more: list[Int] = []
    for r in readings:
        kept = int(needed[r.made].sum())
        wanted = min(max(-(-kept // multiple_of), 1) * multiple_of, len(r.made))
        more.append(r.made[~needed[r.made]][: wanted - kept])
    return np.unique(np.concatenate(more)) if more else np.zeros(0, np.int64)


def _folds(readings: list[_Reading], needed: Mask) -> Mapping[int, Real]:
    folds = {}
    for r in readings:
        gone = ~needed[r.read[r.held]]
        kept = needed[r.made]
        total = np.where(kept, np.nan_to_num(r.share[:, gone]).sum(axis=1), 0)
        if total.any():
            folds[r.index] = total
    return folds


def _cut(graph: Graph, reading: _Reading, needed: Mask, bounds: Mapping[int, Bounds]) -> Cut | None:
    gone = ~needed[reading.made]
    if not gone.any():
        return None
    fixed = bounds[graph.nodes[reading.index].outputs[0]].constant & gone
    constant, unread = int(fixed.sum()), int((gone & ~fixed).sum())
    reasons = [
        f"{n} {what}"
        for n, what in ((constant, "constant whatever the input"), (unread, "unread by what reaches the output"))
        if n
    ]
    return Cut(
        index=reading.index,
        where=graph.where(reading.index),
        channels=len(gone),
        removed=int(gone.sum()),
        reason=", ".join(reasons),
    )
