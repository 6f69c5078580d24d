"""Which channels stay or go together: through residual adds, concatenations, flattenings and shared weights."""

import dataclasses
from collections.abc import Iterator, Mapping

import numpy as np

from packager.ir import ABSENT, Graph
from packager.prune._contract import Int, Mask, Product, Slot, Tie
from packager.prune.ops import find_flow


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Channels:
    """Every element of every axis that channels run along, by the group it belongs to."""

    groups: Mapping[Slot, Int]
    """By axis, the group of each element."""
    count: int
    """Group numbers are below this."""
    pinned: Mask
    """``[count]``: the groups that stay whatever happens, for the model's interface or an operator needs them."""


def channels_of(graph: Graph) -> Channels:
    """Find the groups of a graph's channels."""
    ties, stiff = _ties(graph)
    first: dict[Slot, int] = {}
    total = 0
    for slot in _slots(graph, ties, stiff):
        if slot not in first:
            first[slot] = total
            total += graph.type_of(slot.tensor).dims[slot.axis]
    pairs = [(first[t.a] + t.at_a, first[t.b] + t.at_b) for t in ties]
    empty = np.zeros(0, np.int64)
    roots = _connected(
        total, np.concatenate([empty, *(a for a, _ in pairs)]), np.concatenate([empty, *(b for _, b in pairs)])
    )
    groups = {slot: roots[start : start + graph.type_of(slot.tensor).dims[slot.axis]] for slot, start in first.items()}
    pinned = np.zeros(total, np.bool_)
    for slot, members in groups.items():
        if slot.tensor in stiff:
            pinned[members] = True
    return Channels(groups=groups, count=total, pinned=pinned)


def makers(graph: Graph) -> Iterator[tuple[int, Product]]:
    """Yield the layers that make new channels, with their index."""
    for index, node in enumerate(graph.nodes):
        flow = find_flow(node.op)
        if flow is not None and flow.ties(graph, node) is not None and (layer := flow.product(graph, node)):
            yield index, layer


def _ties(graph: Graph) -> tuple[list[Tie], set[int]]:
    """All ties, and the tensors whose channels must stay."""
    stiff = {*graph.inputs, *graph.outputs}
    stiff.update(t for t, tensor in enumerate(graph.tensors) if tensor.is_variable)
    ties: list[Tie] = []
    for node in graph.nodes:
        flow = find_flow(node.op)
        found = flow.ties(graph, node) if flow is not None and len(node.outputs) == 1 else None
        if found is None or any(_is_odd(graph, tie) for tie in found):
            stiff.update(t for t in (*node.inputs, *node.outputs) if t != ABSENT)
        else:
            ties += found
    return ties, stiff


def _is_odd(graph: Graph, tie: Tie) -> bool:
    """Whether one of the two is a constant that can't be cut: packed below a byte, or sparse."""
    for slot in (tie.a, tie.b):
        tensor = graph.tensors[slot.tensor]
        if tensor.data is not None and (tensor.residue is not None or tensor.data.shape != tensor.type.dims):
            return True
    return False


def _slots(graph: Graph, ties: list[Tie], stiff: set[int]) -> Iterator[Slot]:
    for tie in ties:
        yield tie.a
        yield tie.b
    for t in sorted(stiff - {ABSENT}):
        yield from (Slot(t, axis) for axis in range(len(graph.type_of(t).dims)))


def _connected(count: int, a: Int, b: Int) -> Int:
    """Label the connected components of `count` elements with edges ``a[i]-b[i]`` by their smallest member."""
    labels = np.arange(count)
    while True:
        low = np.minimum(labels[a], labels[b])
        merged = labels.copy()
        for ends in (a, b):
            np.minimum.at(merged, labels[ends], low)
        while (shorter := merged[merged]).tobytes() != merged.tobytes():
            merged = shorter
        if np.array_equal(merged, labels):
            return labels
        labels = merged
