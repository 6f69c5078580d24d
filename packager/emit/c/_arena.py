"""The arena that a model's C runtime asks for, over time, for the report."""

from packager.emit.c._costs import Target
from packager.emit.c._plan import lay_out
from packager.ir import Model
from packager.plan.memory import ALIGNMENT, ArenaRow, MemoryPlan, plan_memory

_SCRATCH = "scratch"


def arena(model: Model, arithmetic: str, target: Target) -> MemoryPlan:
    """Return where the runtime that `emit_c` writes keeps tensors, and the scratch of its kernels among the rows.

    The bound is that of the tensors alone, which no placement beats, whatever kernels need besides.
    """
    laid = lay_out(model, arithmetic, target)
    scratch = [
        ArenaRow(name=_SCRATCH, offset=at, size=layer.scratch, first=i, last=i)
        for i, (at, layer) in enumerate(zip(laid.scratch, laid.layers, strict=True))
        if layer.scratch
    ]
    return MemoryPlan(
        offsets=laid.plan.offsets,
        arena_bytes=-(-laid.arena_bytes // ALIGNMENT) * ALIGNMENT,
        lower_bound_bytes=plan_memory(model).lower_bound_bytes,
        live=laid.plan.live,
        rows=tuple(sorted((*laid.plan.rows, *scratch), key=lambda row: row.first)),
    )
