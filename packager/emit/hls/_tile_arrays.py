"""What a folded matrix is in memory: weights in the order in which they are read, their indices, the list of tiles."""

from collections.abc import Iterator

import numpy as np

from packager.emit.hls._stage import Array, Ints
from packager.emit.hls._tiles import Linear, index_bits, need_of, plan_of
from packager.plan.folding import Fold

_READS, _LAST = 1 << 14, 1 << 15
"""Bits of an entry in the list of tiles."""
_EMPTY = -1


def arrays_of(linear: Linear, fold: Fold, sets: int = 1) -> tuple[Array, ...]:
    """Weights in the order in which they are read; with a list their places, with a packing their indices."""
    plan = plan_of(linear, fold, sets)
    weights, indices = _packed(linear, fold)
    groups, steps = weights.shape[:2]
    if plan.listed:
        rows = np.asarray(list(_schedule(need_of(linear, fold), sets)), np.int64)
        group, step, part, entry = rows.T
        empty = (part == _EMPTY)[:, None, None]
        weights, indices = (np.where(empty, 0, kind[group, step, part]) for kind in (weights, indices))
        places = [Array(name="place", ctype="uint16_t", values=entry)]
    else:
        weights, indices = (kind[:, :, 0].reshape(groups * steps, fold.pe, -1) for kind in (weights, indices))
        places = []
    found = [Array(name="weight", ctype="int8_t", values=weights, reshape=(2, 3)), *places]
    if fold.of > 1:
        found.append(Array(name="index", ctype="uint8_t", values=_bytes(indices, index_bits(fold.of)), reshape=(2,)))
    return tuple(found)


def _packed(linear: Linear, fold: Fold) -> tuple[Ints, Ints]:
    """Weights and their places in their runs, ``[groups, steps, parts, pe, lanes]``: a part is one cycle of a tile."""
    outputs, inputs = linear.rows.shape
    filled = np.pad(linear.rows, ((0, -outputs % fold.pe), (0, 0)))
    runs = filled.reshape(-1, fold.pe, inputs // fold.simd, fold.simd // fold.of, fold.of).transpose(0, 2, 1, 3, 4)
    order = np.argsort(runs == 0, axis=-1, kind="stable")  # weights first, zeros behind them
    parts = -(-fold.of // fold.keep)
    spare = [(0, 0)] * 4 + [(0, parts * fold.keep - fold.of)]

    def cut(values: Ints) -> Ints:
        split = np.pad(values, spare).reshape(*runs.shape[:4], parts, fold.keep).transpose(0, 1, 4, 2, 3, 5)
        return split.reshape(*split.shape[:4], fold.lanes)

    return cut(np.take_along_axis(runs, order, axis=-1)), cut(order)


def _schedule(need: Ints, sets: int) -> Iterator[tuple[int, int, int, int]]:
    """Rows as ``(group, step, part, entry of the list)``; `_EMPTY` for a part where only the next beat is awaited."""
    groups, steps = need.shape
    each, read = groups // sets, 0
    for group, tiles in enumerate(need):
        if group % each == 0:
            read = 0
        rows: list[tuple[int, int, bool]] = []
        for step in np.flatnonzero(tiles).tolist():
            for part in range(int(tiles[step])):
                rows += [(s, _EMPTY, True) for s in range(read, step)]
                read = max(read, step)
                rows.append((step, part, read < steps))
                read = min(read + 1, steps)
        if group % each == each - 1:
            rows += [(s, _EMPTY, True) for s in range(read, steps)]
        for i, (step, part, reads) in enumerate(rows):
            yield group, step, part, step + _READS * reads + _LAST * (i + 1 == len(rows))


def _bytes(indices: Ints, bits: int) -> Ints:
    """``[rows, pe, lanes]`` as ``[rows, bytes]``, the first in the lowest bits."""
    flat = indices.reshape(len(indices), -1)
    each = 8 // bits
    bytes_ = np.pad(flat, ((0, 0), (0, -flat.shape[1] % each))).reshape(len(flat), -1, each)
    packed: Ints = (bytes_ << (bits * np.arange(each))).sum(axis=2)
    return packed
