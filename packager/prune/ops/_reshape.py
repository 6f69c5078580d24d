"""The same elements in another shape: channels stay together where they still run fastest."""

from collections.abc import Mapping, Sequence

import numpy as np

from packager.ir import Graph, Node
from packager.prune._contract import Bounds, Flow, Tie
from packager.prune.ops._carry import end
from packager.prune.ops._evaluate import last, widest


def ties(graph: Graph, node: Node) -> Sequence[Tie] | None:
    """Tie element i of either last axis by its channel: one of the two must divide the other."""
    x, y = node.inputs[0], node.outputs[0]
    if not graph.type_of(x).dims or not graph.type_of(y).dims:
        return None
    before, after = last(graph, x), last(graph, y)
    if before % after and after % before:
        return None
    every = np.arange(max(before, after))
    return [Tie(a=end(graph, x), b=end(graph, y), at_a=every % before, at_b=every % after)]


def bounds(graph: Graph, node: Node, known: Mapping[int, Bounds]) -> Bounds:
    x, count = known[node.inputs[0]], last(graph, node.outputs[0])
    if count % len(x.low) == 0:
        repeats = count // len(x.low)
        return Bounds(low=np.tile(x.low, repeats), high=np.tile(x.high, repeats))
    if len(x.low) % count:
        return widest(graph.type_of(node.outputs[0]), count)
    return Bounds(low=x.low.reshape(-1, count).min(axis=0), high=x.high.reshape(-1, count).max(axis=0))


FLOW = Flow(ties=ties, bounds=bounds)
