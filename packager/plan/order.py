"""The order in which operators run, where another one needs less memory at its fullest.

Every order that computes an operator after what it reads gives the same numbers. Which one needs the least memory is
NP-hard to find in general, but networks are narrow: few operators could run next at any time. So the orders are gone
through by the set of operators that have run, one size of sets after the other: all of them where there are few, else
the most promising of each size.
"""

import dataclasses
import functools
from collections.abc import Iterator

from packager.ir import ABSENT, DType, Graph, Model
from packager.plan._buffers import may_overwrite, shares_bytes
from packager.plan.memory import plan_memory

_STEPS = 30_000
"""Operators tried after sets of operators, over the whole search: it bounds the time, to a second or two. Where it
never cuts a size's sets short, no order has a lower bound under the result's."""
_OPAQUE = frozenset({"IF", "WHILE", "CALL", "CALL_ONCE", "CUSTOM"})
"""Operators that may do more than compute their outputs."""


@functools.lru_cache(maxsize=8)
def reordered(model: Model) -> Model:
    """Return the model with its operators in an order whose arena is smaller, or the model itself.

    Tensors, inputs and outputs keep their places. Operators that share a variable tensor keep their order.
    """
    graph = model.main
    if len(model.graphs) > 1 or not _is_pure(graph):
        return model
    before, search = plan_memory(model), _Search(graph)
    if before.lower_bound_bytes <= search.least:
        return model
    nodes = tuple(graph.nodes[i] for i in search.order())
    changed = model.with_main(dataclasses.replace(graph, nodes=nodes))
    return changed if plan_memory(changed).arena_bytes < before.arena_bytes else model


def _is_pure(graph: Graph) -> bool:
    types = {graph.type_of(t).dtype for node in graph.nodes for t in (*node.inputs, *node.outputs) if t != ABSENT}
    return not any(node.op in _OPAQUE for node in graph.nodes) and not types & {DType.RESOURCE, DType.VARIANT}


@dataclasses.dataclass(frozen=True, slots=True)
class _State:
    """What is known once the operators whose bits are in `done` have run."""

    peak: int
    """The most bytes live at any of them."""
    live: int
    """Bytes live after the last."""
    done: int
    last: int
    """The operator that ran last; -1 at the start."""
    ready: tuple[int, ...]
    """Those that could run next."""
    before: "_State | None"

    @property
    def rank(self) -> tuple[int, int, int]:
        return self.peak, self.live, self.done


@dataclasses.dataclass(slots=True)
class _Group:
    """Tensors that are one buffer in any order."""

    size: int = 0
    makers: int = 0
    """Bits of the operators that write it."""
    users: int = 0
    """Bits of those that read it."""
    is_there: bool = False
    """Before the first operator."""
    stays: bool = False
    """After the last one."""

    def ends_with(self, done: int) -> bool:
        return not self.stays and not self.users & ~done


class _Search:
    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._group_of = _groups(graph)
        self._needs = _needs(graph)
        self._woken: list[list[int]] = [[] for _ in graph.nodes]
        for j, needs in enumerate(self._needs):
            for i in (i for i in range(j) if needs >> i & 1):
                self._woken[i].append(j)
        self._written = [self._of(node.outputs) for node in graph.nodes]
        self._either = [self._of((*node.inputs, *node.outputs)) for node in graph.nodes]
        self._reusable = [self._of(tuple(may_overwrite(graph, i))) for i in range(len(graph.nodes))]
        self.least = max((self._working_set(i) for i in range(len(graph.nodes))), default=0)

    def order(self) -> list[int]:
        """Return the operators' indices in the best order that was found."""
        live = sum(g.size for g in self._of(tuple(self._group_of)) if g.is_there)
        ready = tuple(i for i, needs in enumerate(self._needs) if not needs)
        layer = [_State(peak=live, live=live, done=0, last=-1, ready=ready, before=None)]
        for _ in self._graph.nodes:
            best: dict[int, _State] = {}
            for state in layer:
                for after in self._followers(state):
                    known = best.get(after.done)
                    if known is None or (after.peak, after.last) < (known.peak, known.last):
                        best[after.done] = after
            ranked = sorted(best.values(), key=lambda state: state.rank)
            choices = max((len(state.ready) for state in ranked), default=1)
            layer = ranked[: max(1, _STEPS // len(self._graph.nodes) // max(choices, 1))]
        return _path(layer[0])

    def _followers(self, state: _State) -> Iterator[_State]:
        """Yield what may come next; one alone where it costs nothing, for later it would not cost less."""
        found = [self._after(state, i) for i in state.ready]
        free = [s for s in found if s.peak == state.peak and s.live <= state.live]
        yield from free[:1] or found

    def _after(self, state: _State, i: int) -> _State:
        done = state.done | 1 << i
        added = sum(g.size for g in self._written[i] if not g.is_there and not g.makers & state.done)
        gone = sum(g.size for g in self._either[i] if g.ends_with(done))
        reused = next((g.size for g in self._reusable[i] if g.ends_with(done)), 0)
        woken = (j for j in self._woken[i] if not self._needs[j] & ~done)
        return _State(
            peak=max(state.peak, state.live + added - reused),
            live=state.live + added - gone,
            done=done,
            last=i,
            ready=tuple(sorted({*state.ready, *woken} - {i})),
            before=state,
        )

    def _of(self, tensors: tuple[int, ...]) -> list[_Group]:
        """The buffers of tensors, each once."""
        found = (self._group_of[t] for t in tensors if t in self._group_of)
        return list({id(group): group for group in found}.values())

    def _working_set(self, i: int) -> int:
        """What an operator needs in any order: its inputs and outputs, one in the other where that may be."""
        total = sum(g.size for g in self._either[i])
        return total - max((g.size for g in self._reusable[i]), default=0)


def _groups(graph: Graph) -> dict[int, _Group]:
    """Every tensor that holds data at run time with its buffer."""
    found: dict[int, _Group] = {}
    for t in (t for t in graph.inputs if t != ABSENT):
        found.setdefault(t, _Group()).is_there = True
    for i, node in enumerate(graph.nodes):
        for t in node.inputs:
            if t != ABSENT and graph.tensors[t].is_variable:
                group = found.setdefault(t, _Group())
                group.is_there = group.stays = True
            if t in found:
                found[t].users |= 1 << i
        for t in node.outputs:
            found[t] = found[node.inputs[0]] if shares_bytes(graph, i) and node.inputs[0] in found else _Group()
            found[t].makers |= 1 << i
    for t, group in found.items():
        group.size = max(group.size, graph.type_of(t).nbytes)
        group.stays |= t in graph.outputs
    return found


def _needs(graph: Graph) -> list[int]:
    """Of each operator the bits of those that must run before it."""
    maker: dict[int, int] = {}
    touched: dict[int, int] = {}
    found = []
    for i, node in enumerate(graph.nodes):
        needs = 0
        for t in node.inputs:
            if t in maker:
                needs |= 1 << maker[t]
            if t != ABSENT and graph.tensors[t].is_variable:
                needs |= touched.get(t, 0)
                touched[t] = touched.get(t, 0) | 1 << i
        maker.update(dict.fromkeys(node.outputs, i))
        found.append(needs)
    return found


def _path(state: _State) -> list[int]:
    order = []
    at: _State | None = state
    while at is not None and at.last >= 0:
        order.append(at.last)
        at = at.before
    return order[::-1]
