"""RESIZE_BILINEAR: channel by channel; of what it makes of a constant nothing is claimed, for it rounds."""

from collections.abc import Mapping

from packager.ir import Graph, Node
from packager.prune._contract import Bounds, Flow
from packager.prune.ops._carry import ties_of_first
from packager.prune.ops._evaluate import last, widest


def bounds(graph: Graph, node: Node, known: Mapping[int, Bounds]) -> Bounds:  # noqa: ARG001 - as Flow.bounds
    return widest(graph.type_of(node.outputs[0]), last(graph, node.outputs[0]))


FLOW = Flow(ties=ties_of_first, bounds=bounds)
