"""One model over several Edge TPUs, or several models on one: who gets which memory.

A pipeline gives each TPU a run of operators, so that its parameters stay on the chip; the slowest one sets the pace.
Models compiled together share one chip's memory, the first named first. Both are what `edgetpu_compiler` does with
``-n`` and with several files; here they are estimates, and the compiler was not run.
"""

import dataclasses
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet

from packager.config.profile import EdgeTpu, LatencyModel, Profile
from packager.ir import Graph, Model
from packager.plan.cost import cost_of
from packager.plan.edgetpu_cache import available_bytes, fill, parameter_sizes
from packager.plan.latency import MIB, op_ms


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Segment:
    """The operators of one TPU."""

    first: int
    """Index in the main graph."""
    last: int
    """Inclusive; operators of the host in between are not counted."""
    cached_bytes: int
    streamed_bytes: int
    sent_bytes: int
    """To the next TPU, or to the host at the end."""
    ms: float


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Pipeline:
    segments: tuple[Segment, ...]

    @property
    def slowest_ms(self) -> float:
        """Time between two results, once the pipeline is full."""
        return max(s.ms for s in self.segments)

    @property
    def latency_ms(self) -> float:
        """Time from an input to its own result."""
        return sum(s.ms for s in self.segments)

    @property
    def streamed_bytes(self) -> int:
        return sum(s.streamed_bytes for s in self.segments)


def plan_pipeline(model: Model, profile: Profile, mapped: AbstractSet[int], count: int) -> Pipeline | None:
    """Cut the operators that map into runs for `count` TPUs, the slowest run as fast as can be.

    Activations are taken to leave each TPU what they leave the whole model, which is the least.

    Returns:
        None where the profile has no coefficients, or fewer than `count` operators map.
    """
    known, tpu = profile.latency, profile.edgetpu
    if known is None or tpu is None or count < 1 or len(mapped) < count:
        return None
    order = sorted(mapped)
    runs = _Runs(model, order, known, tpu)
    plans: dict[int, tuple[Segment, ...]] = {end: (runs.segment(0, end),) for end in range(len(order))}
    for taken in range(1, count):
        plans = {end: _better(plans, runs, end) for end in range(taken, len(order))}
    return Pipeline(segments=plans[len(order) - 1])


def _better(plans: dict[int, tuple[Segment, ...]], runs: "_Runs", end: int) -> tuple[Segment, ...]:
    """The best plan up to `end` with one segment more."""
    options = ((*plans[cut], runs.segment(cut + 1, end)) for cut in plans if cut < end)
    return min(options, key=lambda segments: max(s.ms for s in segments))


class _Runs:
    """Segments from one place in the order of the mapped operators to another, each worked out once."""

    def __init__(self, model: Model, order: Sequence[int], known: LatencyModel, tpu: EdgeTpu) -> None:
        self._order = order
        self._tpu = tpu
        ops = cost_of(model).ops
        self._ms = [op_ms(ops[i], known) for i in order]
        self._sizes = {row[0]: row for row in parameter_sizes(model.main, set(order))}
        self._free = available_bytes(model, tpu)
        self._sent = list(_crossing(model.main, order))
        self._known: dict[tuple[int, int], Segment] = {}

    def segment(self, start: int, end: int) -> Segment:
        """Both places inclusive."""
        if (start, end) not in self._known:
            self._known[start, end] = self._segment(start, end)
        return self._known[start, end]

    def _segment(self, start: int, end: int) -> Segment:
        inside = self._order[start : end + 1]
        parameters, _ = fill((self._sizes[i] for i in inside if i in self._sizes), self._free)
        streamed = sum(p.bytes for p in parameters.values() if not p.cached)
        compute = self._tpu.overhead_ms + sum(self._ms[start : end + 1])
        return Segment(
            first=inside[0],
            last=inside[-1],
            cached_bytes=sum(p.bytes for p in parameters.values() if p.cached),
            streamed_bytes=streamed,
            sent_bytes=self._sent[end],
            ms=compute
            + streamed / MIB / self._tpu.stream_mib_per_ms
            + self._sent[end] / 1024 * self._tpu.output_ms_per_kib,
        )


def _crossing(graph: Graph, order: Sequence[int]) -> Iterator[int]:
    """Yield, for each place in the order, the bytes that operators behind it, or the host, still want."""
    makers = graph.producers()
    last_use = {t: max(users) for t, users in graph.consumers().items()}
    mapped = set(order)
    inside = {t for t, maker in makers.items() if maker in mapped}
    for i in order:
        alive = (t for t in inside if makers[t] <= i and (t in graph.outputs or last_use.get(t, -1) > i))
        yield sum(graph.type_of(t).nbytes for t in alive)


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Shared:
    """One of several models on one TPU."""

    name: str
    cached_bytes: int
    streamed_bytes: int


def plan_shared(models: Sequence[tuple[Model, AbstractSet[int]]], tpu: EdgeTpu) -> tuple[Shared, ...]:
    """Give one TPU's memory to models compiled together, in their order.

    The activations of the greediest of them are taken from the memory once, for one model runs at a time.

    Args:
        models: each with the indices of its operators that map.
        tpu: the device.
    """
    free = min(available_bytes(model, tpu) for model, _ in models)
    found = []
    for model, mapped in models:
        parameters, free = fill(parameter_sizes(model.main, mapped), free)
        cached = sum(p.bytes for p in parameters.values() if p.cached)
        streamed = sum(p.bytes for p in parameters.values() if not p.cached)
        found.append(Shared(name=model.name, cached_bytes=cached, streamed_bytes=streamed))
    return tuple(found)
