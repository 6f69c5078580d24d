"""Rows of a report made from a model: its layers, inputs, outputs, and the plan of its memory."""

import math
from collections.abc import Mapping, Sequence

from packager.figure import Layer, Place
from packager.ir import ABSENT, Graph, Model, Tensor
from packager.plan.cost import cost_of
from packager.plan.memory import MemoryPlan
from packager.report.model import Memory, MemoryRow, Port

_NOTHING: Mapping[int, float] = {}


def layers_of(
    model: Model,
    *,
    default: Place,
    placements: Mapping[int, tuple[Place, str]] | None = None,
    latencies: Mapping[int, float] = _NOTHING,
    sqnr_db: Mapping[int, float] = _NOTHING,
) -> tuple[Layer, ...]:
    """Return one row an operator of the main graph; each mapping goes by operator index and may lack any.

    A signal-to-noise ratio that is not finite, as of an operator without any error, is left out: JSON has no infinity.
    """
    rows = []
    for cost in cost_of(model).ops:
        i = cost.index
        place, reason = (placements or {}).get(i, (default, ""))
        ratio = sqnr_db.get(i)
        rows.append(
            Layer(
                index=i,
                name=model.main.node_name(i),
                op=cost.op,
                bytes=cost.constant_bytes,
                macs=cost.macs,
                placement=place,
                reason=reason,
                latency_ms=latencies.get(i),
                sqnr_db=None if ratio is None or not math.isfinite(ratio) else ratio,
            )
        )
    return tuple(rows)


def ports_of(graph: Graph, indices: Sequence[int]) -> tuple[Port, ...]:
    """Return the tensors with these indices as a report shows them."""
    return tuple(port_of(graph.tensors[i]) for i in indices if i != ABSENT)


def port_of(tensor: Tensor) -> Port:
    """Return a tensor's name, type and shape, -1 for each open dimension, and its one scale and zero point."""
    quant = tensor.type.quant
    one = quant is not None and len(quant.scale) == 1
    return Port(
        name=tensor.name,
        type=tensor.type.dtype.value,
        shape=tensor.type.signature or tensor.type.dims,
        scale=quant.scale[0] if one and quant else None,
        zero_point=quant.zero_point[0] if one and quant and quant.zero_point else None,
    )


def memory_of(plan: MemoryPlan) -> Memory:
    """Return a memory plan as the report shows it."""
    return Memory(
        arena_bytes=plan.arena_bytes,
        lower_bound_bytes=plan.lower_bound_bytes,
        rows=tuple(
            MemoryRow(tensor=row.name, offset=row.offset, bytes=row.size, first=row.first, last=row.last)
            for row in plan.rows
        ),
    )
