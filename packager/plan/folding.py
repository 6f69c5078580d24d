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
_WORTH = 1e-6
"""Of a swap, at least: rounding is no gain."""
_TRIES = 4
"""Choices change what lies between operators, which changes what is left for the choices."""

Costs = npt.NDArray[np.float64]


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Fold:
    """Lanes read a cycle, rows computed at once, and whether products are made of LUTs instead of DSP slices.

    A row has multipliers for `keep` of every `of` lanes: for weights most of which are 0.
    """

    simd: int = 1
    pe: int = 1
    fabric: bool = False
    keep: int = 1
    of: int = 1

    @property
    def lanes(self) -> int:
        """Multipliers of a row."""
        return self.simd * self.keep // self.of


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
        lut=round(part.lut * SHARES["lut"]),
        ff=round(part.ff * SHARES["ff"]),
        dsp=round(part.dsp * SHARES["dsp"]),
        bram18=round(2 * part.bram36 * SHARES["bram18"]),
    )


Overhead = Callable[[Sequence[Choice]], Cost]
"""Cost of what lies between operators, which depends on the choices on both sides."""


def fastest(units: Sequence[Unit], limits: Cost, overhead: Overhead) -> tuple[Folding, Folding | None]:
    """Return the folding of the least interval that fits; where none does, the smallest one, which says so itself.

    Beside it the next faster one, which says what it lacks; None where no unit can be faster.
    """
    intervals = sorted({c.cycles for u in units for c in u.choices})
    floor = max((min(c.cycles for c in u.choices) for u in units), default=1)
    intervals = intervals[bisect.bisect_left(intervals, floor) :] or [1]
    low, high = 0, len(intervals) - 1
    refused: Folding | None = None
    best = at_interval(units, intervals[high], limits, overhead)
    while low < high:
        middle = (low + high) // 2
        folding = at_interval(units, intervals[middle], limits, overhead)
        if folding.fits:
            best, high = folding, middle
        else:
            low, refused = middle + 1, folding
    return best, refused


def at_interval(units: Sequence[Unit], interval: int, limits: Cost, overhead: Overhead) -> Folding:
    """Return the cheapest folding with at most `interval` cycles a frame, as far as the units can reach it."""
    able = [_able(unit, interval) for unit in units]
    shares = [np.stack([_row(c.cost) for c in options]) / _row(limits) for options in able]
    between = _row(overhead([options[0] for options in able])) / _row(limits)
    picked = [0] * len(able)
    for _ in range(_TRIES):
        picked = _swap(shares, _priced(shares, between), between)
        folding = _folding(able, picked, limits, overhead)
        if folding.fits or _load(shares, picked, between).max() > 1:
            return folding
        between = _row(overhead(folding.choices)) / _row(limits)
    return _folding(able, picked, limits, overhead)


def _priced(shares: list[Costs], between: Costs) -> list[int]:
    """Each unit's cheapest choice, at the prices under which all of them together come nearest to the limits."""
    prices: Costs = np.ones(len(RESOURCES))
    best, least = [0] * len(shares), np.inf
    for round_ in range(_ROUNDS):
        picked = [int(np.argmin(s @ prices)) for s in shares]
        load = _load(shares, picked, between)
        if load.max() < least:
            best, least = picked, float(load.max())
        if least <= 1:
            break
        prices *= np.clip(load, 0.3, 3.0) ** (1 / (1 + round_ / 8))
        prices /= prices.max()
    return best


def _swap(shares: list[Costs], picked: list[int], between: Costs) -> list[int]:
    """Change one unit's choice at a time while that brings the design nearer to its limits.

    Prices can't mix: where every unit trades LUTs for DSP slices at one rate, all of them change sides at once.
    """
    picked = list(picked)
    load = _load(shares, picked, between)
    while load.max() > 1:
        found = (_excess(load) - _WORTH, -1, -1)
        for unit, options in enumerate(shares):
            after = _excess(load - options[picked[unit]] + options)
            if after.min() < found[0]:
                found = (float(after.min()), unit, int(after.argmin()))
        _, unit, choice = found
        if unit < 0:
            break
        picked[unit] = choice
        load = _load(shares, picked, between)
    return picked


def _excess(load: Costs) -> Any:
    """How far over the limits, over all resources, with a little weight on what is under them."""
    return np.maximum(load - 1, 0).sum(axis=-1) + 1e-3 * load.max(axis=-1)


def _load(shares: list[Costs], picked: list[int], between: Costs) -> Costs:
    load: Costs = sum((s[i] for s, i in zip(shares, picked, strict=True)), between)
    return load


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
