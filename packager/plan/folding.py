"""How many multipliers each operator gets: the highest frame rate that the part can hold, or a given one at least cost.

Every operator offers choices, each with its cycles a frame and its cost. The slowest operator sets the frame rate, so
for a wanted interval each takes its cheapest choice that is fast enough. What "cheapest" means depends on what runs out
first: resources have prices, and a price rises while its resource is over the limit (Lagrangian relaxation).
"""

import bisect
import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from packager.config.profile import FpgaPart
from packager.plan.fpga_estimate import Cost, total

SHARES = {"lut": 0.7, "ff": 0.7, "dsp": 0.9, "bram18": 0.9}
"""Of the part's resources that a design may take, so that placing and routing it stays easy."""
RESOURCES = tuple(SHARES)
_ROUNDS = 60
_FIRST_STEP = 1.0

Costs = npt.NDArray[np.float64]


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Fold:
    """Lanes read a cycle, rows computed at once, and whether products are made of LUTs instead of DSP slices."""

    simd: int = 1
    pe: int = 1
    fabric: bool = False


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    fold: Fold
    cycles: int
    """A frame, of the operator's slowest process."""
    cost: Cost


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Unit:
    """One operator and what it may be folded to; never empty."""

    where: str
    choices: tuple[Choice, ...]


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Folding:
    choices: tuple[Choice, ...]
    """One per unit, in order."""
    cost: Cost
    """Of the whole design, overhead included."""
    limits: Cost

    @property
    def interval(self) -> int:
        """Cycles from frame to frame."""
        return max((c.cycles for c in self.choices), default=1)

    @property
    def shares(self) -> dict[str, float]:
        """What of each limit is taken; over 1 does not fit."""
        return dict(zip(RESOURCES, (float(s) for s in _row(self.cost) / _row(self.limits)), strict=True))

    @property
    def binding(self) -> str:
        """The resource nearest to its limit, or furthest over it."""
        return max(self.shares, key=lambda r: self.shares[r])

    @property
    def fits(self) -> bool:
        return all(share <= 1 for share in self.shares.values())


def limits_of(part: FpgaPart) -> Cost:
    """Return what a design may take of a part."""
    return Cost(
        lut=int(part.lut * SHARES["lut"]),
        ff=int(part.ff * SHARES["ff"]),
        dsp=int(part.dsp * SHARES["dsp"]),
        bram18=int(2 * part.bram36 * SHARES["bram18"]),
    )


Overhead = Callable[[Sequence[Choice]], Cost]
"""Cost of what lies between operators, which depends on the choices on both sides."""


def fastest(units: Sequence[Unit], limits: Cost, overhead: Overhead) -> Folding:
    """Return the folding of the least interval that fits; where none does, the smallest one, which says so itself."""
    intervals = sorted({c.cycles for u in units for c in u.choices})
    floor = max((min(c.cycles for c in u.choices) for u in units), default=1)
    intervals = intervals[bisect.bisect_left(intervals, floor) :] or [1]
    low, high = 0, len(intervals) - 1
    best = at_interval(units, intervals[high], limits, overhead)
    while low < high:
        middle = (low + high) // 2
        folding = at_interval(units, intervals[middle], limits, overhead)
        if folding.fits:
            best, high = folding, middle
        else:
            low = middle + 1
    return best


def at_interval(units: Sequence[Unit], interval: int, limits: Cost, overhead: Overhead) -> Folding:
    """Return the cheapest folding with at most `interval` cycles a frame, as far as the units can reach it."""
    able = [_able(unit, interval) for unit in units]
    shares = [np.stack([_row(c.cost) for c in options]) / _row(limits) for options in able]
    prices: Costs = np.ones(len(RESOURCES))
    between = _row(overhead([options[0] for options in able])) / _row(limits)
    best, least = [0] * len(able), np.inf
    for round_ in range(_ROUNDS):
        picked = [int(np.argmin(s @ prices)) for s in shares]
        load: Costs = sum((s[i] for s, i in zip(shares, picked, strict=True)), between)
        if load.max() < least:
            best, least = picked, float(load.max())
        if load.max() <= 1:
            between = _row(overhead(_chosen(able, picked))) / _row(limits)
            folding = _folding(able, picked, limits, overhead)
            if folding.fits:
                return folding
        prices *= np.clip(load, 0.3, 3.0) ** (_FIRST_STEP / (1 + round_ / 8))
        prices /= prices.max()
    return _folding(able, best, limits, overhead)


def _folding(able: list[list[Choice]], picked: list[int], limits: Cost, overhead: Overhead) -> Folding:
    choices = _chosen(able, picked)
    return Folding(choices=choices, cost=total([c.cost for c in choices]) + overhead(choices), limits=limits)


def _chosen(able: list[list[Choice]], picked: list[int]) -> tuple[Choice, ...]:
    return tuple(options[i] for options, i in zip(able, picked, strict=True))


def _able(unit: Unit, interval: int) -> list[Choice]:
    able = [c for c in unit.choices if c.cycles <= interval]
    return able or [min(unit.choices, key=lambda c: c.cycles)]


def _row(cost: Cost) -> npt.NDArray[Any]:
    return np.asarray([cost.lut, cost.ff, cost.dsp, cost.bram18], np.float64)
