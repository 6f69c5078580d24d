"""CONCATENATION: channels side by side, or the same channels of several inputs after one another."""

from collections.abc import Mapping, Sequence

import numpy as np

from packager.ir import Graph, Node
from packager.ops import call_of
from packager.prune._contract import Bounds, Flow, Tie
from packager.prune.ops._carry import end, same
from packager.prune.ops._evaluate import evaluable, last, widest


def ties(graph: Graph, node: Node) -> Sequence[Tie] | None:
    y, found, start = node.outputs[0], [], 0
    for t in node.inputs:
        count = last(graph, t)
        if not _along_channels(graph, node):
            found.append(same(end(graph, t), end(graph, y), count))
            continue
        own = np.arange(count)
        found.append(Tie(a=end(graph, t), b=end(graph, y), at_a=own, at_b=start + own))
        start += count
    return found


def bounds(graph: Graph, node: Node, known: Mapping[int, Bounds]) -> Bounds:
    """Integers pass unchanged where inputs and output share their scale."""
    call = call_of(graph, node)
    if not evaluable(call):
        return widest(call.output, last(graph, node.outputs[0]))
    lows, highs = [known[t].low for t in node.inputs], [known[t].high for t in node.inputs]
    if _along_channels(graph, node):
        return Bounds(low=np.concatenate(lows), high=np.concatenate(highs))
    return Bounds(low=np.min(lows, axis=0), high=np.max(highs, axis=0))


def _along_channels(graph: Graph, node: Node) -> bool:
    rank = len(graph.type_of(node.outputs[0]).dims)
    return int(node.attrs["axis"]) % rank == rank - 1


FLOW = Flow(ties=ties, bounds=bounds)
