"""Transposes between reshapes over as few axes as they need: five become three where neighbours move together."""

import math
from collections.abc import Sequence

import numpy as np

from packager.ir import Graph, GraphBuilder, Model, Node
from packager.passes._splice import single_reader, splice
from packager.rewrite import Pass, PassResult

_RANK = 4
"""Dimensions that an accelerator's tensors have at most."""


class FlatAxes(Pass):
    """Rewrites RESHAPE, TRANSPOSE, RESHAPE over more than three real axes, as a channel shuffle is, and joins RESHAPEs.

    Axes of size 1 are left out and neighbours that stay neighbours are one axis. Exact: the same elements move to the
    same places.
    """

    def apply(self, model: Model) -> PassResult:
        return splice(model, _flatten)


def _flatten(b: GraphBuilder, graph: Graph, index: int) -> str:
    node = graph.nodes[index]
    producers = graph.producers()
    if node.op != "RESHAPE" or node.inputs[0] not in producers:
        return ""
    if single_reader(graph, node.inputs[0]) != index or not _is_wide(graph, node.inputs[0]):
        return ""
    maker = graph.nodes[producers[node.inputs[0]]]
    if maker.op == "RESHAPE":
        _reshape(b, maker.inputs[0], node.outputs[0])
        return "two reshapes are one: exact"
    first = producers.get(maker.inputs[0]) if maker.op == "TRANSPOSE" else None
    if first is None or graph.nodes[first].op != "RESHAPE":
        return ""
    return _flatter(b, graph, graph.nodes[first], maker, node)


def _flatter(b: GraphBuilder, graph: Graph, first: Node, turn: Node, last: Node) -> str:
    order = graph.tensors[turn.inputs[1]].data
    if order is None or single_reader(graph, turn.inputs[0]) is None:
        return ""
    dims, permutation = merged(graph.type_of(turn.inputs[0]).dims, [int(axis) for axis in np.ravel(order)])
    if len(dims) >= _RANK:
        return ""
    _transpose(b, graph, (first.inputs[0], last.outputs[0]), dims, permutation)
    return f"its transpose is over {'x'.join(map(str, dims))}: exact"


def _is_wide(graph: Graph, t: int) -> bool:
    """Whether more than the three innermost dimensions are used."""
    return any(size > 1 for size in graph.type_of(t).dims[:-3])


def merged(dims: Sequence[int], order: Sequence[int]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the shape and permutation of a transpose without its idle axes.

    >>> merged((1, 8, 8, 2, 3), (0, 1, 2, 4, 3))
    ((64, 2, 3), (0, 2, 1))
    """
    groups: list[list[int]] = []
    for axis in order:
        if dims[axis] == 1:
            continue
        follows = groups and all(dims[a] == 1 for a in range(groups[-1][-1] + 1, axis)) and axis > groups[-1][-1]
        if follows:
            groups[-1].append(axis)
        else:
            groups.append([axis])
    before = sorted(groups)
    return tuple(math.prod(dims[a] for a in group) for group in before), tuple(before.index(group) for group in groups)


def _transpose(
    b: GraphBuilder, graph: Graph, ends: tuple[int, int], dims: tuple[int, ...], permutation: tuple[int, ...]
) -> None:
    source, target = ends
    out = graph.tensors[target]
    pad = _RANK - len(dims)
    shape = (1,) * pad + dims
    order = (*range(pad), *(pad + axis for axis in permutation))
    flat = b.tensor(f"{out.name}/flat", shape, out.type.dtype, out.type.quant)
    turned = b.tensor(f"{out.name}/turned", tuple(shape[a] for a in order), out.type.dtype, out.type.quant)
    _reshape(b, source, flat)
    axes = b.const(np.asarray(order, np.int32), f"{out.name}/order")
    version = 2 if out.type.dtype.value == "int8" else 1
    b.node("TRANSPOSE", [flat, axes], [turned], options="TransposeOptions", version=version)
    _reshape(b, turned, target)


def _reshape(b: GraphBuilder, source: int, target: int) -> None:
    dims = b.tensors[target].type.dims
    shape = b.const(np.asarray(dims, np.int32), f"{b.tensors[target].name}/shape")
    b.node("RESHAPE", [source, shape], [target], options="ReshapeOptions", new_shape=dims)
