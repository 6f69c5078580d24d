"""Where each activation lies in one arena: tensors that are never live together share bytes.

The lower bound is the largest sum of bytes live at one operator; no placement can beat it.
"""

import dataclasses
from collections.abc import Mapping

from packager.figure import Basis, Figure
from packager.ir import Model
from packager.plan._buffers import Buffer, buffers_of
from packager.plan._placement import ALIGNMENT, height_of, place

__all__ = ["ALIGNMENT", "ArenaRow", "MemoryPlan", "plan_memory"]


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


def plan_memory(model: Model, scratch: Mapping[int, int] | None = None) -> MemoryPlan:
    """Place the activations of the main graph; inputs may be overwritten after their last use, outputs never.

    Args:
        model: With its operators in the order that they run in.
        scratch: Bytes that operators by index need besides, while they run. Room is made for them, but they are
            neither in the bound nor among the rows.
    """
    graph = model.main
    buffers = list(buffers_of(graph))
    live = [0] * max(1, len(graph.nodes))
    for buffer in buffers:
        for node in range(buffer.first, buffer.last + 1):
            live[node] += buffer.size
    bound = max(live)
    needs = sorted((i, size) for i, size in (scratch or {}).items() if size)
    every = [*buffers, *(Buffer(tensors=(), size=size, first=i, last=i) for i, size in needs)]
    offsets = place(every, live)
    arena = height_of(every, offsets)
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
