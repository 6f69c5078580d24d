"""The search for where positions may go: ways to start in one place, in two or in more, as late as a share allows."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence

from packager.compress._grids import Grid, joined
from packager.compress._halving import Halving
from packager.errors import Diagnostic, Severity
from packager.ir import Model
from packager.prune import work_of

_DEEP = 4
"""Starts one after the other, at most."""
_CHAINED = 6
"""Starts along each axis that are all followed by others, at most, where three or more are taken."""
_Key = frozenset[tuple[str, Grid]]
"""What tells ways apart: which positions are left."""
Ways = Callable[[Model], Sequence[Halving]]
"""The ways to halve a model along one axis, in the order of the graph."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Now:
    """A model on its way."""

    model: Model
    grids: Mapping[str, Grid] = dataclasses.field(default_factory=dict)
    """Which of the first one's positions are left, by the name of an activation."""
    steps: tuple[Diagnostic, ...] = ()

    def halved(self, halving: Halving) -> "Now":
        graph = self.model.main
        starts = [graph.where(i) for i in range(len(graph.nodes)) if graph.node_name(i) in halving.starts]
        step = Diagnostic(
            severity=Severity.NOTE, where=" and ".join(starts),
            message=f"every second position in {halving.axis} from here on",
        )  # fmt: skip
        return Now(model=halving.model, grids=joined(self.grids, halving.grids), steps=(*self.steps, step))


class Search:
    """Finds the ways that leave at most so much work, with as few starts as that takes, or one more."""

    def __init__(self, model: Model, axes: Sequence[Ways], goal: float) -> None:
        """Search.

        Args:
            model: Float.
            axes: How each may be halved.
            goal: Multiply-accumulates that may be left.
        """
        self.axes, self.goal, self.least = axes, goal, work_of(model.main)
        self.found: dict[_Key, Now] = {}
        for depth in range(2, _DEEP + 1):
            self._seen: set[tuple[int, _Key]] = set()
            self._start(Now(model=model), depth, chained=depth > 2)
            if self.found:
                break

    @property
    def ways(self) -> list[Now]:
        """Those that leave the most come first."""
        return sorted(self.found.values(), key=lambda way: -work_of(way.model.main))

    def _start(self, now: Now, depth: int, *, chained: bool) -> None:
        """Start as late as the goal allows, or anywhere before that with other starts after it.

        Args:
            now: What there is.
            depth: Starts that may be taken.
            chained: Whether there are too many ways for each to be followed by others.
        """
        for ways in self.axes:
            halvings = ways(now.model)
            first = _earliest(halvings) if chained else halvings
            for halving in reversed(halvings):
                way = now.halved(halving)
                work = work_of(way.model.main)
                self.least = min(self.least, work)
                if work <= self.goal:
                    self.found.setdefault(_key(way), way)
                    break
                # The order of starts makes no difference.
                if depth > 1 and halving in first and (depth, _key(way)) not in self._seen:
                    self._seen.add((depth, _key(way)))
                    self._start(way, depth - 1, chained=chained)


def _key(way: Now) -> _Key:
    return frozenset(way.grids.items())


def _earliest(halvings: Sequence[Halving]) -> Sequence[Halving]:
    """All of a few; of many, of those that end in the same place, the one that saves the most."""
    if len(halvings) <= _CHAINED:
        return halvings
    ends: dict[str, Halving] = {}
    for halving in halvings:
        ends.setdefault(halving.end, halving)
    return list(ends.values())
