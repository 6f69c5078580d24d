"""Operators that hand channels on, each output channel made from the same channel of the inputs."""

import functools
from collections.abc import Mapping, Sequence

import numpy as np

from packager.ir import ABSENT, Graph, Node
from packager.prune._contract import Bounds, Flow, Slot, Tie
from packager.prune.ops._evaluate import last, pointwise


def same(a: Slot, b: Slot, count: int) -> Tie:
    """Tie two axes of `count` elements one to one."""
    every = np.arange(count)
    return Tie(a=a, b=b, at_a=every, at_b=every)


def end(graph: Graph, tensor: int) -> Slot:
    """The channel axis of a tensor."""
    return Slot(tensor, len(graph.type_of(tensor).dims) - 1)


def ties_of_first(graph: Graph, node: Node) -> Sequence[Tie] | None:
    """Tie the first input's channels to the output's, one to one."""
    x, y = node.inputs[0], node.outputs[0]
    if not graph.type_of(x).dims or not graph.type_of(y).dims or last(graph, x) != last(graph, y):
        return None
    return [same(end(graph, x), end(graph, y), last(graph, x))]


def ties_of_all(graph: Graph, node: Node) -> Sequence[Tie] | None:
    """Tie every input's channels to the output's; a constant that is one value for all channels stays as it is."""
    y, found = node.outputs[0], []
    if not graph.type_of(y).dims:
        return None
    for t in node.inputs:
        if t == ABSENT:
            continue
        if last(graph, t) == last(graph, y) and graph.type_of(t).dims:
            found.append(same(end(graph, t), end(graph, y), last(graph, y)))
        elif not graph.tensors[t].is_constant:
            return None  # One channel spread over many: none of them can go without the others.
    return found


def bounds_of_first(graph: Graph, node: Node, known: Mapping[int, Bounds]) -> Bounds:  # noqa: ARG001 - as Flow.bounds
    """The output's elements are some of the first input's."""
    return known[node.inputs[0]]


RISING = Flow(ties=ties_of_all, bounds=functools.partial(pointwise, rising=True))
"""Elementwise, and never falling as an input rises."""
ELEMENTWISE = Flow(ties=ties_of_all, bounds=functools.partial(pointwise, rising=False))
"""Elementwise otherwise."""
MOVING = Flow(ties=ties_of_first, bounds=bounds_of_first)
"""Moves elements within their channel, and only those."""
