"""DEPTHWISE_CONV_2D: filters each channel by itself; over an input of one channel it makes new ones."""

from collections.abc import Mapping, Sequence

import numpy as np

from packager.ir import ABSENT, Graph, Node
from packager.prune._contract import Bounds, Flow, Product, Slot, Tie
from packager.prune.ops._carry import end, same
from packager.prune.ops._evaluate import last
from packager.prune.ops._product import added, bias_at, product, product_bounds, requantized, shifted, takes


def product_of(graph: Graph, node: Node) -> Product | None:
    """None where channels pass through one by one."""
    return product(graph, node, out_axis=3, in_axis=0) if last(graph, node.inputs[0]) == 1 else None


def ties(graph: Graph, node: Node) -> Sequence[Tie] | None:
    x, w, y = node.inputs[0], node.inputs[1], node.outputs[0]
    depth, count = last(graph, x), last(graph, y)
    if not takes(graph, node, 4) or graph.type_of(w).dims[3] != count or count % depth:
        return None
    found = [same(Slot(w, 3), end(graph, y), count)]
    if bias_at(node) != ABSENT:
        found.append(same(Slot(bias_at(node), 0), end(graph, y), count))
    if depth == 1:
        return [*found, same(end(graph, x), Slot(w, 0), 1)]
    outputs = np.arange(count)
    return [*found, Tie(a=end(graph, x), b=end(graph, y), at_a=outputs // (count // depth), at_b=outputs)]


def bounds(graph: Graph, node: Node, known: Mapping[int, Bounds]) -> Bounds:
    layer = product(graph, node, out_axis=3, in_axis=0)
    if last(graph, node.inputs[0]) == 1:
        return product_bounds(graph, node, known, layer)
    count, x = len(layer.weights), graph.type_of(node.inputs[0])
    low, high = shifted(known[node.inputs[0]], layer.input_zero, padded=layer.patterns is not None)
    low, high = (np.repeat(v, count // len(v))[:, None] for v in (low, high))
    up, down = np.empty((count, 1)), np.empty((count, 1))
    for rows, block in layer.blocks():
        up[rows], down[rows] = np.maximum(block, 0).sum(axis=1), np.minimum(block, 0).sum(axis=1)
    least, most = added(up, down, low, high, layer.weights[0].size if x.dtype.is_float else 0)
    return requantized(graph, node, (least + layer.bias, most + layer.bias))


FLOW = Flow(ties=ties, bounds=bounds, product=product_of)
