"""Padding: channels at its borders hold the padding's value too."""

from collections.abc import Mapping

import numpy as np

from packager.ir import Graph, Node
from packager.prune._contract import Bounds, Flow
from packager.prune.ops._carry import ties_of_first
from packager.prune.ops._product import zero_of


def bounds(graph: Graph, node: Node, known: Mapping[int, Bounds]) -> Bounds:
    x = known[node.inputs[0]]
    if len(node.inputs) > 2:
        low, high = known[node.inputs[2]].low.min(), known[node.inputs[2]].high.max()
    else:
        low = high = np.float64(zero_of(graph.type_of(node.outputs[0])))
    return Bounds(low=np.minimum(x.low, low), high=np.maximum(x.high, high))


FLOW = Flow(ties=ties_of_first, bounds=bounds)
