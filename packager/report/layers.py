"""The report's table of layers, from a graph: one row an operator, in the file's order."""

import math
from collections.abc import Mapping

from packager.figure import Layer, Place
from packager.ir import ABSENT, Graph, Node, Tensor
from packager.ops import call_of, find_op
from packager.report.model import Port

_NOTHING: Mapping[int, float] = {}


def layers_of(
    graph: Graph,
    *,
    default: Place,
    placements: Mapping[int, tuple[Place, str]] | None = None,
    latencies: Mapping[int, float] = _NOTHING,
    sqnr_db: Mapping[int, float] = _NOTHING,
) -> tuple[Layer, ...]:
    """Return the rows of a graph; each mapping goes by operator index, and may lack any.

    A signal-to-noise ratio that is not finite, as of an operator without any error, is left out: JSON has no infinity.
    """
    bytes_ = constant_bytes(graph)
    rows = []
    for i, node in enumerate(graph.nodes):
        place, reason = (placements or {}).get(i, (default, ""))
        ratio = sqnr_db.get(i)
        rows.append(
            Layer(
                index=i,
                name=graph.node_name(i),
                op=node.display_op,
                bytes=bytes_[i],
                macs=macs_of(graph, node),
                placement=place,
                reason=reason,
                latency_ms=latencies.get(i),
                sqnr_db=None if ratio is None or not math.isfinite(ratio) else ratio,
            )
        )
    return tuple(rows)


def constant_bytes(graph: Graph) -> tuple[int, ...]:
    """Return for each operator the bytes of the constants that it is the first to read; a shared buffer counts once."""
    seen: set[tuple[int, int]] = set()
    sums = []
    for node in graph.nodes:
        total = 0
        for index in node.inputs:
            data = graph.tensors[index].data if index != ABSENT else None
            if data is None or data.nbytes == 0:
                continue
            block = (data.__array_interface__["data"][0], data.nbytes)
            total += data.nbytes if block not in seen else 0
            seen.add(block)
        sums.append(total)
    return tuple(sums)


def macs_of(graph: Graph, node: Node) -> int:
    """Return the multiply-accumulates of one operator; 0 for one that EdgePack does not know or whose shapes are open."""
    op = find_op(node.op)
    tensors = [graph.tensors[i] for i in (*node.inputs, *node.outputs) if i != ABSENT]
    if op is None or any(t.type.shape is None for t in tensors):
        return 0
    return op.macs(call_of(graph, node))


def ports_of(graph: Graph, indices: tuple[int, ...]) -> tuple[Port, ...]:
    """Return the inputs or outputs with these tensor indices."""
    return tuple(port_of(graph.tensors[i]) for i in indices if i != ABSENT)


def port_of(tensor: Tensor) -> Port:
    quant = tensor.type.quant
    one = quant is not None and len(quant.scale) == 1
    return Port(
        name=tensor.name,
        type=tensor.type.dtype.value,
        shape=tensor.type.signature or tensor.type.dims,
        scale=quant.scale[0] if one and quant else None,
        zero_point=quant.zero_point[0] if one and quant and quant.zero_point else None,
    )
