"""FULLY_CONNECTED: makes new channels, each from all elements of a flattened row."""

from collections.abc import Mapping, Sequence

import numpy as np

from packager.ir import ABSENT, Graph, Node
from packager.prune._contract import Bounds, Flow, Product, Slot, Tie
from packager.prune.ops._carry import end, same
from packager.prune.ops._evaluate import last
from packager.prune.ops._product import bias_at, product, product_bounds, takes


def product_of(graph: Graph, node: Node) -> Product:
    return product(graph, node, out_axis=0, in_axis=1)


def ties(graph: Graph, node: Node) -> Sequence[Tie] | None:
    """A row may run over several positions of an image: then each channel has as many columns of weights."""
    x, w, y = node.inputs[0], node.inputs[1], node.outputs[0]
    if not takes(graph, node, 2):
        return None
    units, depth = graph.type_of(w).dims
    if depth % last(graph, x) or units != last(graph, y):
        return None
    columns = np.arange(depth)
    found = [
        Tie(a=end(graph, x), b=Slot(w, 1), at_a=columns % last(graph, x), at_b=columns),
        same(Slot(w, 0), end(graph, y), units),
    ]
    if bias_at(node) != ABSENT:
        found.append(same(Slot(bias_at(node), 0), end(graph, y), units))
    return found


def bounds(graph: Graph, node: Node, known: Mapping[int, Bounds]) -> Bounds:
    return product_bounds(graph, node, known, product_of(graph, node))


FLOW = Flow(ties=ties, bounds=bounds, product=product_of)
