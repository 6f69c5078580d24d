"""Reductions over other axes than the channels'."""

from collections.abc import Mapping, Sequence

import numpy as np

from packager.ir import Graph, Node
from packager.ops import call_of
from packager.prune._contract import Array, Bounds, Flow, Tie
from packager.prune.ops._carry import bounds_of_first, ties_of_first
from packager.prune.ops._evaluate import evaluable, evaluate, last, settled, widest


def ties(graph: Graph, node: Node) -> Sequence[Tie] | None:
    """None where the channels themselves are reduced, or the axes are not constant."""
    axes = graph.tensors[node.inputs[1]].data
    rank = len(graph.type_of(node.inputs[0]).dims)
    if axes is None or rank - 1 in {int(axis) % rank for axis in axes.reshape(-1)}:
        return None
    return ties_of_first(graph, node)


def total(graph: Graph, node: Node, known: Mapping[int, Bounds]) -> Bounds:
    """Bounds of a sum or mean: what its reference makes of an input that is at its bounds everywhere."""
    call, x = call_of(graph, node), known[node.inputs[0]]
    if not evaluable(call):
        return widest(call.output, last(graph, node.outputs[0]))
    axes = graph.tensors[node.inputs[1]].data

    def full(values: Array) -> Array:
        filled: Array = np.broadcast_to(values.astype(call.input(0).dtype.numpy), call.input(0).dims)
        return filled

    low, high = (evaluate(call, [full(values), axes]) for values in (x.low, x.high))
    return settled(low[0], high[1], call.output)


TOTAL = Flow(ties=ties, bounds=total)
EXTREME = Flow(ties=ties, bounds=bounds_of_first)
