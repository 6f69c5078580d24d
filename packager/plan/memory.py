"""Where each activation lies in one arena: tensors that are never live together share bytes.

Finding the smallest arena is NP-hard (dynamic storage allocation), so several greedy orders are tried and the best one
is improved while it is above the lower bound. The lower bound is the largest sum of bytes live at one operator; no
placement can beat it.
"""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence

from packager.figure import Basis, Figure
from packager.ir import ABSENT, Graph, Model

ALIGNMENT = 16
"""Bytes; the widest vector load of the targets' kernels."""
_ALIASES = ("RESHAPE", "SQUEEZE", "EXPAND_DIMS")
"""Operators whose output holds the same bytes as their first input, so that both may be one buffer."""
_SEARCH_BUDGET = 1_000_000
"""Pairs of tensors compared while improving an order; bounds the time on large graphs."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class ArenaRow:
    """One tensor of the arena, for the report's picture."""

    name: str
    offset: int
    size: int
    first: int
    """Index of the first operator that it is live at."""
    last: int


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class MemoryPlan:
    offsets: Mapping[int, int]
    """Tensor index to byte offset, of every tensor that holds data at run time."""
    arena_bytes: int
    lower_bound_bytes: int
    live: tuple[int, ...]
    """Bytes live at each operator."""
    rows: tuple[ArenaRow, ...]
    """One per buffer, in the order of first use."""

    def figures(self) -> tuple[Figure, ...]:
        source = "memory plan of the integer model, activations only"
        bound = "largest sum of activations live at one operator"
        return (
            Figure(name="ram.arena.bytes", value=self.arena_bytes, unit="B", basis=Basis.ESTIMATED, source=source),
            Figure(
                name="ram.lower_bound.bytes",
                value=self.lower_bound_bytes,
                unit="B",
                basis=Basis.ESTIMATED,
                source=bound,
            ),
        )


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class _Buffer:
    """Tensors that share their bytes, and when: from operator `first` to operator `last`, both included."""

    tensors: tuple[int, ...]
    size: int
    first: int
    last: int

    @property
    def area(self) -> int:
        return self.size * (self.last - self.first + 1)


def plan_memory(model: Model) -> MemoryPlan:
    """Place the activations of the main graph; inputs may be overwritten after their last use, outputs never."""
    graph = model.main
    buffers = list(_buffers(graph))
    live = [0] * max(1, len(graph.nodes))
    for buffer in buffers:
        for node in range(buffer.first, buffer.last + 1):
            live[node] += buffer.size
    bound = max(live)
    offsets = _place(buffers, live, bound)
    return MemoryPlan(
        offsets={t: offset for buffer, offset in zip(buffers, offsets, strict=True) for t in buffer.tensors},
        arena_bytes=_height(buffers, offsets),
        lower_bound_bytes=bound,
        live=tuple(live),
        rows=tuple(
            ArenaRow(
                name=graph.tensors[buffer.tensors[0]].name,
                offset=offset,
                size=buffer.size,
                first=buffer.first,
                last=buffer.last,
            )
            for buffer, offset in zip(buffers, offsets, strict=True)
        ),
    )


def _buffers(graph: Graph) -> Iterator[_Buffer]:
    end = max(0, len(graph.nodes) - 1)
    life: dict[int, tuple[int, int]] = {t: (0, 0) for t in graph.inputs if t != ABSENT}
    for i, node in enumerate(graph.nodes):
        life.update((t, (i, i)) for t in node.outputs)
        for t in node.inputs:
            if t != ABSENT and t in life:
                life[t] = (life[t][0], i)
            elif t != ABSENT and graph.tensors[t].is_variable:
                life[t] = (0, end)
    life.update((t, (0, end)) for t in life if graph.tensors[t].is_variable)
    life.update((t, (life[t][0], end)) for t in graph.outputs if t in life)
    for tensors in _aliases(graph, life):
        yield _Buffer(
            tensors=tensors,
            size=max(graph.type_of(t).nbytes for t in tensors),
            first=min(life[t][0] for t in tensors),
            last=max(life[t][1] for t in tensors),
        )


def _aliases(graph: Graph, life: Mapping[int, tuple[int, int]]) -> list[tuple[int, ...]]:
    """Group the tensors that hold the same bytes, in the order of first use."""
    root = {t: t for t in life}
    for node in graph.nodes:
        if node.op not in _ALIASES or node.inputs[0] not in life:
            continue
        source, result = node.inputs[0], node.outputs[0]
        both = (graph.tensors[source], graph.tensors[result])
        if both[0].type.nbytes == both[1].type.nbytes and not any(t.is_variable for t in both):
            root[result] = root[source]
    groups: dict[int, list[int]] = {}
    for t in life:
        groups.setdefault(root[t], []).append(t)
    return [tuple(group) for group in groups.values()]


def _place(buffers: Sequence[_Buffer], live: Sequence[int], bound: int) -> list[int]:
    neighbours = _neighbours(buffers)
    best: list[int] = []
    best_order: list[int] = []
    for order in _orders(buffers, live):
        offsets = _first_fit(buffers, neighbours, order)
        if not best or _height(buffers, offsets) < _height(buffers, best):
            best, best_order = offsets, order
    return _improve(buffers, neighbours, best, best_order, bound)


def _orders(buffers: Sequence[_Buffer], live: Sequence[int]) -> Iterator[list[int]]:
    """Yield the greedy orders: by size, by area in bytes and time, by the fullest operator first, by first use."""
    every = range(len(buffers))
    yield sorted(every, key=lambda b: (-buffers[b].size, b))
    yield sorted(every, key=lambda b: (-buffers[b].area, b))
    fullest = {b: max(live[buffers[b].first : buffers[b].last + 1]) for b in every}
    yield sorted(every, key=lambda b: (-fullest[b], -buffers[b].size, b))
    yield sorted(every, key=lambda b: (buffers[b].first, -buffers[b].size, b))


def _neighbours(buffers: Sequence[_Buffer]) -> list[list[int]]:
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


def _first_fit(buffers: Sequence[_Buffer], neighbours: Sequence[Sequence[int]], order: Sequence[int]) -> list[int]:
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
    buffers: Sequence[_Buffer],
    neighbours: Sequence[Sequence[int]],
    offsets: list[int],
    order: list[int],
    bound: int,
) -> list[int]:
    """Place what sticks out at the top earlier, as long as that is new and the arena is above the bound."""
    cost = sum(map(len, neighbours)) + len(buffers) + 1
    seen: set[tuple[int, ...]] = set()
    best = offsets
    for _ in range(_SEARCH_BUDGET // cost):
        top = _height(buffers, offsets)
        if _height(buffers, best) <= bound:
            break
        peak = next(b for b in order if offsets[b] + buffers[b].size == top)
        place = order.index(peak)
        order = [*order[: place // 2], peak, *order[place // 2 : place], *order[place + 1 :]]
        if tuple(order) in seen:
            break
        seen.add(tuple(order))
        offsets = _first_fit(buffers, neighbours, order)
        if _height(buffers, offsets) < _height(buffers, best):
            best = offsets
    return best


def _height(buffers: Sequence[_Buffer], offsets: Sequence[int]) -> int:
    return max((o + b.size for b, o in zip(buffers, offsets, strict=True)), default=0)


def _aligned(offset: int) -> int:
    return -(-offset // ALIGNMENT) * ALIGNMENT
