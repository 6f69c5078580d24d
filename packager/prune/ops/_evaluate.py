"""What an operator makes of channels between two bounds, by its own reference in both arithmetics."""

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np

from packager.ir import ABSENT, Graph, Node, TensorType
from packager.ops import ARITHMETICS, Call, call_of, find_op
from packager.ops._requantize import ends
from packager.prune._contract import Array, Bounds, Mask, Real


def widest(type_: TensorType, count: int) -> Bounds:
    """All that a type can hold, for `count` channels."""
    quantized = type_.dtype.is_integer and type_.dtype.numpy is not None
    low, high = ends(type_) if quantized else (-np.inf, np.inf)
    return Bounds(low=np.full(count, low, np.float64), high=np.full(count, high, np.float64))


def last(graph: Graph, tensor: int) -> int:
    """How many channels a tensor has."""
    return (graph.type_of(tensor).dims or (1,))[-1]


def evaluable(call: Call) -> bool:
    """Whether the reference computes this call as LiteRT does, in both arithmetics."""
    op = find_op(call.node.op)
    if (
        op is None
        or op.inexact
        or (call.inputs and call.inputs[0] is not None and call.inputs[0].dtype not in op.types)
    ):
        return False
    return not op.objection(call)


def evaluate(call: Call, inputs: Sequence[Array | None]) -> tuple[Real, Real]:
    """The smaller and the larger of what the two arithmetics compute, each along the last axis; NaN where undefined."""
    op = find_op(call.node.op)
    assert op is not None, "told by evaluable()"
    with np.errstate(all="ignore"):
        found = [
            np.asarray(op.reference(dataclasses.replace(call, arithmetic=a), inputs)[0], np.float64)
            for a in ARITHMETICS
        ]
    rows = np.concatenate([f.reshape(-1, f.shape[-1]) for f in found])
    return rows.min(axis=0), rows.max(axis=0)


def settled(low: Real, high: Real, type_: TensorType) -> Bounds:
    """Bounds of which undefined ends are the type's own."""
    wide = widest(type_, len(low))
    return Bounds(low=np.where(np.isnan(low), wide.low, low), high=np.where(np.isnan(high), wide.high, high))


def pointwise(graph: Graph, node: Node, known: Mapping[int, Bounds], *, rising: bool) -> Bounds:
    """Bounds of an elementwise operator's output.

    Args:
        graph: Which holds it.
        node: The operator.
        known: Bounds of its inputs.
        rising: Whether it never falls as an input rises; else only channels whose inputs are all constant are known.
    """
    call, count = call_of(graph, node), last(graph, node.outputs[0])
    if not evaluable(call):
        return widest(call.output, count)
    flat = _flat(call, [0 if t == ABSENT else len(known[t].low) for t in node.inputs], count)
    at_low, at_high = (
        evaluate(flat, [None if t == ABSENT else _row(graph, t, getattr(known[t], end)) for t in node.inputs])
        for end in ("low", "high")
    )
    found = settled(at_low[0], at_high[1], call.output)
    if rising:
        return found
    wide = widest(call.output, count)
    fixed = np.all([np.broadcast_to(known[t].constant, count) for t in node.inputs if t != ABSENT], axis=0)
    return Bounds(low=np.where(fixed, found.low, wide.low), high=np.where(fixed, found.high, wide.high))


def multiplied(graph: Graph, node: Node, known: Mapping[int, Bounds]) -> Bounds:
    """Bounds of a product: its ends are those of four, for it never falls as the exact product rises.

    Nothing times whatever is nothing, so a channel scaled by 0 is constant.
    """
    call, count = call_of(graph, node), last(graph, node.outputs[0])
    if not evaluable(call):
        return widest(call.output, count)
    flat = _flat(call, [len(known[t].low) for t in node.inputs], count)
    (t, a, a_nothing), (u, b, b_nothing) = ((t, known[t], _nothing(graph, t, known[t])) for t in node.inputs)
    pairs = ((_finite(x, b_nothing), _finite(y, a_nothing)) for x in (a.low, a.high) for y in (b.low, b.high))
    found = [evaluate(flat, [_row(graph, t, x), _row(graph, u, y)]) for x, y in pairs]
    lows, highs = np.min([low for low, _ in found], axis=0), np.max([high for _, high in found], axis=0)
    return settled(lows, highs, call.output)


def _nothing(graph: Graph, tensor: int, x: Bounds) -> Mask:
    """Which channels are 0 whatever the input."""
    quant = graph.type_of(tensor).quant
    zero = quant.zero_point[0] if quant is not None and quant.zero_point else 0
    found: Mask = x.constant & (x.low == zero)
    return found


def _finite(values: Real, nothing: Mask) -> Real:
    """Ends without infinity where the other factor is 0."""
    if len(nothing) not in {1, len(values)}:
        return values
    found: Real = np.where(nothing & np.isinf(values), 0.0, values)
    return found


def _flat(call: Call, counts: Sequence[int], count: int) -> Call:
    """The call on one row of channels."""
    return dataclasses.replace(
        call,
        inputs=tuple(
            None if t is None else dataclasses.replace(t, shape=(1, n))
            for t, n in zip(call.inputs, counts, strict=True)
        ),
        outputs=tuple(dataclasses.replace(t, shape=(1, count)) for t in call.outputs),
    )


def _row(graph: Graph, tensor: int, values: Real) -> Array:
    row: Array = values.astype(graph.type_of(tensor).dtype.numpy)[None]
    return row
