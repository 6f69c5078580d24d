"""CONV_2D: makes new channels, each from all input channels."""

from collections.abc import Mapping, Sequence

from packager.ir import ABSENT, Graph, Node
from packager.prune._contract import Bounds, Flow, Product, Slot, Tie
from packager.prune.ops._carry import end, same
from packager.prune.ops._evaluate import last
from packager.prune.ops._product import bias_at, product, product_bounds, takes


def product_of(graph: Graph, node: Node) -> Product:
    return product(graph, node, out_axis=0, in_axis=3)


def ties(graph: Graph, node: Node) -> Sequence[Tie] | None:
    """None where it is grouped: its channels would have to go group by group."""
    x, w, y = node.inputs[0], node.inputs[1], node.outputs[0]
    if not takes(graph, node, 4) or graph.type_of(w).dims[3] != last(graph, x):
        return None
    found = [
        same(end(graph, x), Slot(w, 3), last(graph, x)),
        same(Slot(w, 0), end(graph, y), last(graph, y)),
    ]
    if bias_at(node) != ABSENT:
        found.append(same(Slot(bias_at(node), 0), end(graph, y), last(graph, y)))
    return found


def bounds(graph: Graph, node: Node, known: Mapping[int, Bounds]) -> Bounds:
    return product_bounds(graph, node, known, product_of(graph, node))


FLOW = Flow(ties=ties, bounds=bounds, product=product_of)
