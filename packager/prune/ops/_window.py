"""Pooling: each output channel lies between the smallest and the largest value of its input channel."""

from collections.abc import Mapping

import numpy as np

from packager.ir import Graph, Node
from packager.ops import ARITHMETICS, call_of
from packager.ops._requantize import activation_of, clamp_float, clampable, limits
from packager.prune._contract import Bounds, Flow
from packager.prune.ops._carry import ties_of_first
from packager.prune.ops._evaluate import widest


def bounds(graph: Graph, node: Node, known: Mapping[int, Bounds]) -> Bounds:
    """The input's, clamped to the fused activation: a mean of equal integers is that integer."""
    x, output, activation = known[node.inputs[0]], call_of(graph, node).output, activation_of(node.attrs)
    if not clampable(activation):
        return widest(output, len(x.low))
    if output.dtype.is_float:
        return Bounds(low=clamp_float(x.low, activation), high=clamp_float(x.high, activation))
    ends = [limits(output, activation, a) for a in ARITHMETICS]
    low, high = min(e[0] for e in ends), max(e[1] for e in ends)
    return Bounds(low=np.clip(x.low, low, high), high=np.clip(x.high, low, high))


FLOW = Flow(ties=ties_of_first, bounds=bounds)
