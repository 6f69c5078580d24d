"""What each operator costs before any device is considered: multiply-accumulates, parameters, bytes."""

import dataclasses
from collections.abc import Iterator

from packager.errors import Diagnostic, Severity
from packager.figure import Basis, Figure
from packager.ir import ABSENT, DType, Graph, Model, Node, Tensor
from packager.ops import call_of, find_op


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class OpCost:
    """One operator of the main graph."""

    index: int
    op: str
    kind: str
    """The class of `OpDef.kind_of`; ``unknown`` for an operator unheard of."""
    macs: int
    params: int
    """Elements of the weights and biases that this operator is the first to read."""
    constant_bytes: int
    """Bytes of all constants that this operator is the first to read."""
    moved_bytes: int
    """Bytes of activations read and written and of constants read, shared ones too."""
    elements: int
    """Of its results."""
    type: str = ""
    """That it computes in: ``int8``, ``int16``, ``float32``; of an ONNX file's nodes ``int8`` or ``float``, which of
    those is the builder's choice."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Cost:
    ops: tuple[OpCost, ...]
    """One per operator of the main graph, in its order."""
    unknown: tuple[str, ...] = ()
    """Operators that EdgePack can't count, sorted: their multiply-accumulates are taken as 0."""

    @property
    def macs(self) -> int:
        return sum(op.macs for op in self.ops)

    @property
    def params(self) -> int:
        return sum(op.params for op in self.ops)

    @property
    def constant_bytes(self) -> int:
        return sum(op.constant_bytes for op in self.ops)

    def figures(self) -> tuple[Figure, ...]:
        partly = f"; {', '.join(self.unknown)} not counted" if self.unknown else ""
        rows = (
            ("compute.macs", self.macs, "MAC", f"shapes of the graph's operators{partly}"),
            ("compute.params", self.params, "1", "elements of weights and biases"),
            ("weights.bytes", self.constant_bytes, "B", "constants of the graph, shared ones once"),
        )
        return tuple(Figure(name=n, value=v, unit=u, basis=Basis.ESTIMATED, source=s) for n, v, u, s in rows)

    def diagnostics(self) -> tuple[Diagnostic, ...]:
        return tuple(
            Diagnostic(
                severity=Severity.WARNING,
                message=f"{op}: EdgePack does not know how much this operator computes; it counts as 0",
                where="cost estimate",
                hint="MACs and latency are too low by its share",
            )
            for op in self.unknown
        )


def cost_of(model: Model) -> Cost:
    """Count every operator of the main graph."""
    graph = model.main
    read: set[tuple[int, int]] = set()
    ops = tuple(_op_cost(graph, i, node, read) for i, node in enumerate(graph.nodes))
    unknown = {n.display_op for n, op in zip(graph.nodes, ops, strict=True) if op.kind == "unknown"}
    return Cost(ops=ops, unknown=tuple(sorted(unknown)))


def _op_cost(graph: Graph, index: int, node: Node, read: set[tuple[int, int]]) -> OpCost:
    known = find_op(node.op)
    call = call_of(graph, node)
    fresh = list(_first_read(graph, node, read))
    inputs = [graph.type_of(t) for t in dict.fromkeys(node.inputs) if t != ABSENT]
    return OpCost(
        index=index,
        op=node.display_op,
        kind=known.kind_of(call) if known else "unknown",
        macs=known.macs(call) if known else 0,
        params=sum(t.type.elements for t in fresh if _is_parameter(t)),
        constant_bytes=sum(t.data.nbytes for t in fresh if t.data is not None),
        moved_bytes=sum(t.nbytes for t in inputs) + sum(graph.type_of(t).nbytes for t in node.outputs),
        elements=sum(graph.type_of(t).elements for t in node.outputs),
        type=_type_of(graph, node),
    )


def activations_read(graph: Graph, node: Node) -> list[int]:
    return [t for t in node.inputs if t != ABSENT and not graph.tensors[t].is_constant]


def _type_of(graph: Graph, node: Node) -> str:
    """The widest type among the activations that an operator touches."""
    found = {graph.type_of(t).dtype for t in (*activations_read(graph, node), *node.outputs)}
    if any(dtype.is_float for dtype in found):
        return "float32"
    return "int16" if DType.INT16 in found else "int8"


def _first_read(graph: Graph, node: Node, read: set[tuple[int, int]]) -> Iterator[Tensor]:
    """Yield the node's constants whose memory nobody has read before; tensors may share a buffer of the file."""
    for t in dict.fromkeys(node.inputs):
        data = graph.tensors[t].data if t != ABSENT else None
        if data is None or data.nbytes == 0:
            continue
        key = (data.__array_interface__["data"][0], data.nbytes)
        if key not in read:
            read.add(key)
            yield graph.tensors[t]


def _is_parameter(tensor: Tensor) -> bool:
    """Whether a constant is a weight or bias; shapes, paddings and axes are plain integers."""
    return tensor.type.dtype.is_float or tensor.type.is_quantized
