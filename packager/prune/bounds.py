"""What every channel of a graph can be, whatever its input: intervals, carried from operator to operator."""

from collections.abc import Mapping

import numpy as np

from packager.ir import ABSENT, Graph
from packager.prune._contract import Bounds
from packager.prune.ops import find_flow
from packager.prune.ops._evaluate import last, widest


def bounds_of(graph: Graph) -> Mapping[int, Bounds]:
    """Return bounds by tensor index.

    Integers' are exact in both arithmetics; floats' leave room for rounding, so a float channel is constant only where
    its weights are zero, its inputs constant, or its activation clamps all it can reach.
    """
    known: dict[int, Bounds] = {t: widest(graph.type_of(t), last(graph, t)) for t in graph.inputs}
    for node in graph.nodes:
        for t in node.inputs:
            if t != ABSENT and t not in known:
                known[t] = _of_constant(graph, t)
        flow = find_flow(node.op)
        understood = flow is not None and len(node.outputs) == 1 and flow.ties(graph, node) is not None
        for t in node.outputs:
            if flow is not None and understood:
                known[t] = flow.bounds(graph, node, known)
            else:
                known[t] = widest(graph.type_of(t), last(graph, t))
    return known


def _of_constant(graph: Graph, tensor: int) -> Bounds:
    """Bounds of a constant along its last axis; of a large one, which is weights, they are not asked for."""
    data, count = graph.tensors[tensor].data, last(graph, tensor)
    if data is None or data.shape != graph.type_of(tensor).dims or not data.size or data.dtype.kind not in "iuf":
        return widest(graph.type_of(tensor), count)
    rows = data.reshape(-1, count)
    return Bounds(low=rows.min(axis=0).astype(np.float64), high=rows.max(axis=0).astype(np.float64))
