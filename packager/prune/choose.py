"""Which channels to take out of a float model, so that a given share of its work goes at the least loss."""

import dataclasses
import math
from collections.abc import Callable, Collection, Iterator, Sequence

import numpy as np

from packager.ir import Graph
from packager.ops import call_of, find_op
from packager.prune._contract import Cut, Int, Mask, PrunePlan, Real, Slot
from packager.prune.channels import Channels, makers

_LEAST = 8
"""No layer loses more than all but one in so many of its channels."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Family:
    """Channels that the same layers make, one or the several that a residual add joins."""

    makers: tuple[int, ...]
    """The layers, by operator index."""
    members: Int
    """Groups, the least important first."""
    cost: Real
    """Their importance, or what their going costs after those before them."""

    def steps(self, multiple_of: int) -> tuple[int, ...]:
        """How many of the members may be gone: what is left is a multiple, or all."""
        count = len(self.members)
        least = max(multiple_of, -(-count // _LEAST))
        return (0, *(count - left for left in range(count - 1, least - 1, -1) if left % multiple_of == 0))


def plan_channels(
    graph: Graph,
    channels: Channels,
    importance: Real,
    *,
    share: float,
    multiple_of: int = 1,
    skip: Collection[int] = (),
    costs: Callable[[Family], Real] | None = None,
) -> PrunePlan:
    """Take out groups of channels, always those that lose least for the work they save, until `share` of it is gone.

    The last ones may save far more than was missing. Of those before them, what is needless then stays after all.

    Args:
        graph: Float or integer.
        channels: Its groups.
        importance: Of each group.
        share: Of the multiply-accumulates, 0 to 1.
        multiple_of: Of channels, that a layer which loses some keeps.
        skip: Layers, by operator index, whose channels all stay.
        costs: What it costs that a family's members go, one after the other, where that is known better than by their
            importance.

    Returns:
        The plan. Where `share` can't be reached, it removes what can be: ask `macs`.
    """
    works, needed = works_of(graph, channels), np.ones(channels.count, np.bool_)
    choices = []
    for family in families(graph, channels, importance, skip):
        known = family if costs is None else dataclasses.replace(family, cost=costs(family))
        choices.append(_Choice(known, known.steps(multiple_of), works))
    goal = (1 - share) * macs(works, needed)
    while macs(works, needed) > goal:
        best = min(choices, key=lambda c: c.price(needed), default=None)
        if best is None or not np.isfinite(best.price(needed)):
            break
        needed = best.taken(needed)
        best.step += 1
    return plan_of(graph, channels, _given_back(choices, works, needed, goal))


def plan_of(graph: Graph, channels: Channels, needed: Mask) -> PrunePlan:
    """The plan that keeps the groups needed."""
    return PrunePlan(
        keep={slot: needed[g] for slot, g in channels.groups.items() if not needed[g].all()},
        folds={},
        cuts=tuple(_cuts(graph, channels, needed)),
        channels=sum(len(layer.weights) for _, layer in makers(graph)),
    )


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Work:
    """What one operator costs, and the groups along each axis of its weights."""

    macs: float
    axes: tuple[Int, ...]

    def left(self, needed: Mask) -> float:
        """Its multiply-accumulates, by the share of its weights that stays."""
        return self.macs * math.prod(float(needed[groups].mean()) for groups in self.axes)


def works_of(graph: Graph, channels: Channels) -> tuple[Work, ...]:
    """The operators that multiply."""
    found = []
    for node in graph.nodes:
        op = find_op(node.op)
        work = float(op.macs(call_of(graph, node))) if op is not None else 0.0
        if work:
            slots = [Slot(t, axis) for t in node.inputs[1:2] for axis in range(len(graph.type_of(t).dims))]
            axes = tuple(channels.groups[s] for s in slots if s in channels.groups)
            found.append(Work(macs=work, axes=axes))
    return tuple(found)


def macs(works: Sequence[Work], needed: Mask) -> float:
    """Multiply-accumulates that are left."""
    return sum(work.left(needed) for work in works)


class _Choice:
    """One family, and how far it has been cut."""

    def __init__(self, family: Family, steps: tuple[int, ...], works: Sequence[Work]) -> None:
        self.family, self.steps, self.step = family, steps, 0
        self.works = [w for w in works if any(np.isin(groups, family.members).any() for groups in w.axes)]

    def taken(self, needed: Mask) -> Mask:
        """What is needed after the next step."""
        fewer = needed.copy()
        fewer[self.family.members[: self.steps[self.step + 1]]] = False
        return fewer

    def price(self, needed: Mask) -> float:
        """What the next step loses for each multiply-accumulate that it saves; infinite where there is none."""
        if self.step + 1 >= len(self.steps):
            return math.inf
        return self._price(self.step, needed, self.taken(needed))

    def returned(self, needed: Mask) -> Mask:
        """What is needed without the last step."""
        more = needed.copy()
        more[self.family.members[self.steps[self.step - 1] : self.steps[self.step]]] = True
        return more

    def regret(self, needed: Mask) -> float:
        """What the last step loses for each multiply-accumulate that it saves now."""
        return self._price(self.step - 1, self.returned(needed), needed)

    def _price(self, step: int, before: Mask, after: Mask) -> float:
        saved = macs(self.works, before) - macs(self.works, after)
        lost = float(self.family.cost[self.steps[step] : self.steps[step + 1]].sum())
        return lost / saved if saved > 0 else math.inf


def _given_back(choices: Sequence[_Choice], works: Sequence[Work], needed: Mask, goal: float) -> Mask:
    """What is needed once steps that later and larger ones made needless are undone, the dearest first."""
    while True:
        spare = [choice for choice in choices if choice.step and macs(works, choice.returned(needed)) <= goal]
        if not spare:
            return needed
        dearest = max(spare, key=lambda choice: choice.regret(needed))
        needed = dearest.returned(needed)
        dearest.step -= 1


def families(graph: Graph, channels: Channels, importance: Real, skip: Collection[int]) -> Iterator[Family]:
    """Yield the channels that the same layers make, but those that must stay."""
    held = channels.pinned.copy()
    made_by: dict[int, list[int]] = {}
    for index, layer in makers(graph):
        groups = channels.groups[layer.out]
        if index in skip:
            held[groups] = True
        for group in groups.tolist():
            made_by.setdefault(group, []).append(index)
    found: dict[tuple[int, ...], list[int]] = {}
    for group, by in made_by.items():
        if not held[group]:
            found.setdefault(tuple(sorted(set(by))), []).append(group)
    for makers_, members in sorted(found.items()):
        ranked = np.array(sorted(members, key=lambda g: (importance[g], g)))
        yield Family(makers=makers_, members=ranked, cost=importance[ranked])


def _cuts(graph: Graph, channels: Channels, needed: Mask) -> Iterator[Cut]:
    for index, layer in makers(graph):
        gone = ~needed[channels.groups[layer.out]]
        if gone.any():
            yield Cut(
                index=index, where=graph.where(index), channels=len(gone), removed=int(gone.sum()),
                reason="of the least importance for the work they cost",
            )  # fmt: skip
