"""Where each activation lies in one arena: tensors that are never live together share bytes.

Finding the smallest arena is NP-hard (dynamic storage allocation), so several greedy orders are tried and the best one
is improved while it is above the lower bound. The lower bound is the largest sum of bytes live at one operator; no
placement can beat it.
"""

import dataclasses
import random
from collections.abc import Iterator, Mapping, Sequence

from packager.figure import Basis, Figure
from packager.ir import ABSENT, Graph, Model

ALIGNMENT = 16
"""Bytes; the widest vector load of the targets' kernels."""
_ALIASES = ("RESHAPE", "SQUEEZE", "EXPAND_DIMS")
"""Operators whose output holds the same bytes as their first input, so that both may be one buffer."""
_IN_PLACE: Mapping[str, int] = {
    **dict.fromkeys(("ABS", "CEIL", "COS", "ELU", "EXP", "FLOOR", "GELU", "HARD_SWISH", "LEAKY_RELU", "LOG", "NEG"), 1),
    **dict.fromkeys(("LOGISTIC", "QUANTIZE", "RELU", "RELU6", "RELU_N1_TO_1", "RSQRT", "SIN", "SQRT", "SQUARE"), 1),
    **dict.fromkeys(("TANH", "SOFTMAX", "LOG_SOFTMAX", "PRELU", "RELU_0_TO_1"), 1),
    **dict.fromkeys(("ADD", "SUB", "MUL", "DIV", "MINIMUM", "MAXIMUM", "SQUARED_DIFFERENCE"), 2),
}
"""Operators that read each element before they write the one in its place, and how many of their first inputs they may
overwrite so. Kernels, the generated C among them, must hold to it."""
_NEIGHBOUR = 0.5
"""How often the search moves what lives with the topmost tensor, rather than that itself."""
_SEARCH_BUDGET = 500_000
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


def plan_memory(model: Model, scratch: Mapping[int, int] | None = None) -> MemoryPlan:
    """Place the activations of the main graph; inputs may be overwritten after their last use, outputs never.

    Args:
        model: With its operators in the order that they run in.
        scratch: Bytes that operators by index need besides, while they run. Room is made for them, but they are
            neither in the bound nor among the rows.
    """
    graph = model.main
    buffers = list(_buffers(graph))
    live = [0] * max(1, len(graph.nodes))
    for buffer in buffers:
        for node in range(buffer.first, buffer.last + 1):
            live[node] += buffer.size
    bound = max(live)
    needs = sorted((i, size) for i, size in (scratch or {}).items() if size)
    every = [*buffers, *(_Buffer(tensors=(), size=size, first=i, last=i) for i, size in needs)]
    offsets = _place(every, live, _reachable(every, len(live)))
    arena = _height(every, offsets)
    offsets = offsets[: len(buffers)]
    return MemoryPlan(
        offsets={t: offset for buffer, offset in zip(buffers, offsets, strict=True) for t in buffer.tensors},
        arena_bytes=arena,
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


def _reachable(buffers: Sequence[_Buffer], nodes: int) -> int:
    """The least height that alignment leaves: of what is live at once, all but the topmost end on a boundary."""
    total, slack = [0] * nodes, [0] * nodes
    for buffer in buffers:
        for node in range(buffer.first, buffer.last + 1):
            total[node] += _aligned(buffer.size)
            slack[node] = max(slack[node], _aligned(buffer.size) - buffer.size)
    return max(aligned - spare for aligned, spare in zip(total, slack, strict=True))


def shares_bytes(graph: Graph, index: int) -> bool:
    """Whether an operator's output holds the bytes of its first input, so that both are one buffer."""
    node = graph.nodes[index]
    if node.op not in _ALIASES:
        return False
    both = (graph.tensors[node.inputs[0]], graph.tensors[node.outputs[0]])
    return both[0].type.nbytes == both[1].type.nbytes and not any(t.is_variable or t.is_constant for t in both)


def may_overwrite(graph: Graph, index: int) -> Iterator[int]:
    """Yield the inputs in whose bytes an operator may leave its output, if nothing else needs them any more."""
    node = graph.nodes[index]
    count = _IN_PLACE.get(node.op, 0)
    for t in dict.fromkeys(node.inputs[:count]):
        tensor, output = graph.tensors[t], graph.type_of(node.outputs[0])
        same = (tensor.type.dims, tensor.type.dtype.bits) == (output.dims, output.dtype.bits)
        if t != ABSENT and same and not (tensor.is_variable or tensor.is_constant):
            yield t


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
    """Group the tensors that are one buffer, in the order of first use."""
    root = {t: t for t in life}
    groups: dict[int, list[int]] = {t: [t] for t in life}

    def join(result: int, source: int) -> None:
        moved = groups.pop(root[result])
        groups[root[source]] += moved
        root.update(dict.fromkeys(moved, root[source]))

    indices = range(len(graph.nodes))
    for i in indices:
        if shares_bytes(graph, i) and graph.nodes[i].inputs[0] in life:
            join(graph.nodes[i].outputs[0], graph.nodes[i].inputs[0])
    for i in indices:
        for t in may_overwrite(graph, i):
            group = groups[root[t]] if t in life else []
            if group and not set(group) & set(graph.outputs) and max(life[g][1] for g in group) == i:
                join(graph.nodes[i].outputs[0], t)
                break
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
    """Search near the best order while the arena is above the bound: any placement is the first fit of some order.

    What sticks out at the top, or what lives with it, is placed elsewhere in the order, by chance; steps that make the
    arena no higher are kept. The chance is seeded: the same graph gets the same plan.
    """
    chance = random.Random(len(buffers))  # noqa: S311 - no secret
    cost = sum(map(len, neighbours)) + len(buffers) + 1
    height = _height(buffers, offsets)
    place = {b: i for i, b in enumerate(order)}
    for _ in range(_SEARCH_BUDGET // cost):
        if height <= bound:
            break
        tops = [b for b in order if offsets[b] + buffers[b].size == height]
        moved = chance.choice(tops)
        if chance.random() < _NEIGHBOUR and neighbours[moved]:
            moved = chance.choice(neighbours[moved])
        start = place[moved]
        rest = [*order[:start], *order[start + 1 :]]
        to = chance.randrange(start or len(order))
        candidate = [*rest[:to], moved, *rest[to:]]
        found = _first_fit(buffers, neighbours, candidate)
        reached = _height(buffers, found)
        if reached <= height:
            offsets, order, height = found, candidate, reached
            place = {b: i for i, b in enumerate(order)}
    return offsets


def _height(buffers: Sequence[_Buffer], offsets: Sequence[int]) -> int:
    return max((o + b.size for b, o in zip(buffers, offsets, strict=True)), default=0)


def _aligned(offset: int) -> int:
    return -(-offset // ALIGNMENT) * ALIGNMENT
