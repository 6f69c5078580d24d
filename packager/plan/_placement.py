"""Offsets for buffers, those that are live together apart.

Finding the smallest arena is NP-hard (dynamic storage allocation), so several greedy orders are tried and the best one
is improved while it is above what alignment leaves of the lower bound.
"""

import random
from collections.abc import Iterator, Sequence

from packager.plan._buffers import Buffer

ALIGNMENT = 16
"""Bytes; the widest vector load of the targets' kernels."""
_NEIGHBOUR = 0.5
"""How often the search moves what lives with the topmost tensor, rather than that itself."""
_SEARCH_BUDGET = 500_000
"""Pairs of tensors compared while improving an order; bounds the time on large graphs."""


def place(buffers: Sequence[Buffer], live: Sequence[int]) -> list[int]:
    """Return the offset of each buffer; `live` holds the bytes live at each operator."""
    neighbours = _neighbours(buffers)
    best: list[int] = []
    best_order: list[int] = []
    for order in _orders(buffers, live):
        offsets = _first_fit(buffers, neighbours, order)
        if not best or height_of(buffers, offsets) < height_of(buffers, best):
            best, best_order = offsets, order
    return _improve(buffers, neighbours, best, best_order, _reachable(buffers, len(live)))


def _orders(buffers: Sequence[Buffer], live: Sequence[int]) -> Iterator[list[int]]:
    """Yield the greedy orders: by size, by area in bytes and time, by the fullest operator first, by first use."""
    every = range(len(buffers))
    yield sorted(every, key=lambda b: (-buffers[b].size, b))
    yield sorted(every, key=lambda b: (-buffers[b].area, b))
    fullest = {b: max(live[buffers[b].first : buffers[b].last + 1]) for b in every}
    yield sorted(every, key=lambda b: (-fullest[b], -buffers[b].size, b))
    yield sorted(every, key=lambda b: (buffers[b].first, -buffers[b].size, b))


def _neighbours(buffers: Sequence[Buffer]) -> list[list[int]]:
    """For each buffer those that are live at some operator together with it."""
    found: list[list[int]] = [[] for _ in buffers]
    active: list[int] = []
    for b in sorted(range(len(buffers)), key=lambda b: buffers[b].first):
        active = [a for a in active if buffers[a].last >= buffers[b].first]
        for a in active:
            found[a].append(b)
            found[b].append(a)
        active.append(b)
    return found


def _first_fit(buffers: Sequence[Buffer], neighbours: Sequence[Sequence[int]], order: Sequence[int]) -> list[int]:
    """Put each buffer, in this order, into the lowest gap that holds it."""
    offsets = [-1] * len(buffers)
    for b in order:
        taken = sorted((offsets[a], offsets[a] + buffers[a].size) for a in neighbours[b] if offsets[a] >= 0)
        at = 0
        for start, stop in taken:
            if at + buffers[b].size <= start:
                break
            at = max(at, _aligned(stop))
        offsets[b] = at
    return offsets


def _improve(
    buffers: Sequence[Buffer],
    neighbours: Sequence[Sequence[int]],
    offsets: list[int],
    order: list[int],
    bound: int,
) -> list[int]:
    """Search near the best order while the arena is above the bound: any placement is the first fit of some order.

    What sticks out at the top, or what lives with it, is placed elsewhere in the order, by chance; steps that make the
    arena no higher are kept. The chance is seeded: the same graph gets the same plan.
    """
    chance = random.Random(len(buffers))  # noqa: S311 - no secret
    cost = sum(map(len, neighbours)) + len(buffers) + 1
    height = height_of(buffers, offsets)
    rank = {b: i for i, b in enumerate(order)}
    for _ in range(_SEARCH_BUDGET // cost):
        if height <= bound:
            break
        tops = [b for b in order if offsets[b] + buffers[b].size == height]
        moved = chance.choice(tops)
        if chance.random() < _NEIGHBOUR and neighbours[moved]:
            moved = chance.choice(neighbours[moved])
        start = rank[moved]
        rest = [*order[:start], *order[start + 1 :]]
        to = chance.randrange(start or len(order))
        candidate = [*rest[:to], moved, *rest[to:]]
        found = _first_fit(buffers, neighbours, candidate)
        reached = height_of(buffers, found)
        if reached <= height:
            offsets, order, height = found, candidate, reached
            rank = {b: i for i, b in enumerate(order)}
    return offsets


def height_of(buffers: Sequence[Buffer], offsets: Sequence[int]) -> int:
    return max((o + b.size for b, o in zip(buffers, offsets, strict=True)), default=0)


def _aligned(offset: int) -> int:
    return -(-offset // ALIGNMENT) * ALIGNMENT


def _reachable(buffers: Sequence[Buffer], nodes: int) -> int:
    """The least height that alignment leaves: of what is live at once, all but the topmost end on a boundary."""
    total, slack = [0] * nodes, [0] * nodes
    for buffer in buffers:
        for node in range(buffer.first, buffer.last + 1):
            total[node] += _aligned(buffer.size)
            slack[node] = max(slack[node], _aligned(buffer.size) - buffer.size)
    return max(aligned - spare for aligned, spare in zip(total, slack, strict=True))
