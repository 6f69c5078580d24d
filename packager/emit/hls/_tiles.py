"""A matrix cut into tiles, one a cycle: which are left out, and which lanes stand for the weights that are left.

Where a fold keeps `keep` of every `of` lanes, each row of a tile has so many multipliers, each of which chooses its
value out of the `of` that a run of the beat holds. A run with more weights than that takes the tile another cycle.
"""

import dataclasses
import functools
from collections.abc import Iterable, Iterator

import numpy as np

from packager.emit.hls._folds import divisors
from packager.emit.hls._requantize import Scaling
from packager.emit.hls._stage import Ints
from packager.plan.folding import Fold
from packager.plan.fpga_estimate import Cost, memory, selectors

_WORTH = 0.9
"""Of the cycles, or of the multipliers times their cycles, that may be left at most."""
_PLACES = 1 << 14
_MOST_OF = 16
"""Values that a multiplier may choose from: a LUT's place in each of four, one slice's multiplexers."""
_FEWEST_ZEROS = 8
"""One weight in so many is 0 where packing is thought of at all."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Linear:
    """Weights as rows of a matrix, ``[outputs, inputs]``, and how their sums are scaled; equal to itself alone."""

    rows: Ints
    scaling: Scaling
    zeros: int = 0
    """Weights that are 0."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What a folded matrix reads: its rows of tiles, and whether a list says which."""

    rows: int
    """Of the weight memory: tiles for one vector of every set."""
    whole: int
    """Tiles of the matrices, zeros or not."""
    by_group: Ints
    """Cycles of each group of rows, set after set."""
    listed: bool


@functools.lru_cache(maxsize=1 << 14)
def plan_of(linear: Linear, fold: Fold, sets: int = 1) -> Plan:
    """Return the plan of a fold; `sets` matrices stand one below the other and take turns."""
    groups, steps = -(-len(linear.rows) // fold.pe), linear.rows.shape[1] // fold.simd
    whole = Plan(rows=groups * steps, whole=groups * steps, by_group=np.full(groups, steps), listed=False)
    few = linear.zeros < fold.simd * fold.pe
    if (few and fold.of == 1) or steps > _PLACES or linear.rows.shape == (fold.pe, fold.simd):
        return whole
    need = need_of(linear, fold)
    ends = _ends(need, sets)
    rows = int(ends[:, -1].sum())
    if int(need.max(initial=0)) < 2 and (groups == sets or rows > _WORTH * groups * steps):
        return whole
    by_group = np.diff(ends, axis=1, prepend=0).reshape(-1)
    return Plan(rows=rows, whole=groups * steps, by_group=by_group, listed=True)


def need_of(linear: Linear, fold: Fold) -> Ints:
    """``[groups, steps]``: cycles of each tile; a group that is all zeros keeps one, to write its sums."""
    fullest = _fullest(linear, fold.simd, fold.pe, fold.of)
    need: Ints = -(-fullest.astype(np.int64) // fold.keep)
    need[:, 0] |= ~need.any(axis=1)
    return need


def _fullest(linear: Linear, simd: int, pe: int, of: int) -> Ints:
    """``[groups, steps]``: the most weights that any run of `of` holds, over all runs and rows of a tile."""
    outputs, inputs = linear.rows.shape
    counts = np.count_nonzero(linear.rows.reshape(outputs, inputs // of, of), axis=2).astype(np.uint8)
    counts = np.pad(counts, ((0, -outputs % pe), (0, 0)))
    fullest: Ints = counts.reshape(-1, pe, inputs // simd, simd // of).max(axis=(1, 3))
    return fullest


def _ends(need: Ints, sets: int) -> Ints:
    """``[sets, groups]``: the cycle after each group's last row.

    One beat of a vector is read a cycle, so a tile can't come before its beat has, nor the end before the last beat.
    """
    steps = need.shape[1]
    flat = need.reshape(sets, -1)
    done = flat.cumsum(axis=1)
    early = np.where(flat > 0, np.tile(np.arange(steps), flat.shape[1] // steps) - (done - flat), 0)
    ends: Ints = (done + np.maximum.accumulate(np.maximum(early, 0), axis=1))[:, steps - 1 :: steps]
    ends[:, -1] = np.maximum(ends[:, -1], steps)
    return ends


def matrix_folds(linear: Linear, lanes: Iterable[int], rows: Iterable[int], *, sets: int = 1) -> Iterator[Fold]:
    """Every fold of a matrix unit for these lanes and rows, with the packings that its zeros make worth while."""
    shapes = [(simd, pe) for simd in lanes for pe in rows]
    packings = [_packings(linear, simd, pe, sets) for simd, pe in shapes]
    for fabric in (False, True):
        for (simd, pe), found in zip(shapes, packings, strict=True):
            for keep, of in ((1, 1), *found):
                yield Fold(simd=simd, pe=pe, fabric=fabric, keep=keep, of=of)


@functools.lru_cache(maxsize=1 << 14)
def _packings(linear: Linear, simd: int, pe: int, sets: int) -> tuple[tuple[int, int], ...]:
    """``(keep, of)`` that save multipliers times cycles; of those with no more multipliers, the fewest cycles."""
    shape = linear.rows.shape
    if linear.zeros * _FEWEST_ZEROS < linear.rows.size or shape == (pe, simd) or shape[1] // simd > _PLACES:
        return ()
    dense = plan_of(linear, Fold(simd=simd, pe=pe), sets).rows * simd
    found: list[tuple[int, int, int, int]] = []
    for of in divisors(simd, _MOST_OF)[1:]:
        most = int(_fullest(linear, simd, pe, of).max(initial=0))
        for keep in range(max(-(-most // 2), 1), min(most, of - 1) + 1):
            cycles = plan_of(linear, Fold(simd=simd, pe=pe, keep=keep, of=of), sets).rows
            if cycles * keep * (simd // of) <= _WORTH * dense:
                found.append((keep * simd // of, cycles, of, keep))
    best: list[tuple[int, int]] = []
    least = None
    for _, cycles, of, keep in sorted(found):
        if least is None or cycles < least:
            least = cycles
            best.append((keep, of))
    return tuple(best)


def index_bits(of: int) -> int:
    """Bits of an index into `of` values, as stored: a divisor of 8."""
    return 1 if of <= 2 else 2 if of <= 4 else 4


def reading_cost(linear: Linear, fold: Fold, sets: int = 1) -> Cost:
    """The weight memory and what goes with it: indices and multiplexers, the list of tiles."""
    plan, lanes = plan_of(linear, fold, sets), fold.pe * fold.lanes
    cost = memory(8 * lanes, plan.rows)
    if fold.of > 1:
        cost += memory(8 * -(-lanes * index_bits(fold.of) // 8), plan.rows) + selectors(lanes, fold.of)
    return cost + memory(16, plan.rows) if plan.listed else cost


def products(linear: Linear, fold: Fold) -> int:
    """Multipliers: a weight that never changes and is 0 takes none."""
    unrolled = linear.rows.shape == (fold.pe, fold.simd)
    return int(np.count_nonzero(linear.rows)) if unrolled else fold.pe * fold.lanes
