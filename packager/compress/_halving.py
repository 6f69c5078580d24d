"""Every second position alone, from where a window takes a longer stride to where that makes no difference in size.

A window that strides twice as far computes half of its positions. All that follows computes half of them as well, up
to a mean over the dimension, or up to a window of stride 2, which takes stride 1 from then on: its result has the size
that it had. Which positions are left is known exactly, so that weights can be fitted to what the whole model computes
there. Skipping positions of convolutions is Figurnov and others' ("PerforatedCNNs: Acceleration through elimination of
redundant convolutions", 2016); what is skipped here is skipped by all layers alike, so nothing has to be filled in.
"""

import dataclasses
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from packager.compress._grids import AXES, Every, Grid
from packager.compress._halving_ops import Place, Unfit, rule_of, slides
from packager.ir import Graph, Model, Tensor


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Halving:
    """A model with half of the positions of some activations along one dimension."""

    model: Model
    axis: str
    starts: frozenset[str]
    """Layers that take the longer stride."""
    grids: Mapping[str, Grid]
    """What is left of activations, by name."""


def halvings(model: Model, axis: str) -> Iterator[Halving]:
    """Yield every way to halve the positions of a layer and of all that follows, each once, in the order of the graph.

    Args:
        model: Float.
        axis: ``height`` or ``width``.
    """
    graph, known = model.main, set()
    around = _Around(graph.producers(), graph.consumers())
    for node in graph.nodes:
        if not slides(node):
            continue
        try:
            region = _region(graph, around, node.outputs[0], axis)
            if region not in known:
                known.add(region)
                yield _halved(model, region, axis)
        except Unfit:
            continue


class _Around(NamedTuple):
    """Who makes and who reads a tensor, by its index."""

    makers: Mapping[int, int]
    readers: Mapping[int, tuple[int, ...]]


def _region(graph: Graph, around: _Around, start: int, axis: str) -> frozenset[int]:
    """Every activation that loses positions where one does."""
    makers, readers = around
    region: set[int] = set()
    waiting = [start]
    while waiting:
        t = waiting.pop()
        if t in region:
            continue
        dims = graph.type_of(t).dims
        if len(dims) != 4 or dims[AXES[axis]] < 2 or t in graph.outputs or t not in makers:
            raise Unfit
        region.add(t)
        for index in (makers[t], *readers.get(t, ())):
            waiting += rule_of(graph, graph.nodes[index]).alike(Place(graph=graph, index=index, axis=axis), t)
    return frozenset(region)


def _halved(model: Model, region: frozenset[int], axis: str) -> Halving:
    graph, nodes, starts = model.main, [], []
    firsts: dict[int, int] = {}
    for index, node in enumerate(graph.nodes):
        if region.isdisjoint((*node.inputs, *node.outputs)):
            nodes.append(node)
            continue
        changed, first = rule_of(graph, node).changed(Place(graph=graph, index=index, axis=axis), firsts, region)
        nodes.append(changed)
        firsts |= {t: first for t in node.outputs if t in region}
        if slides(node) and node.inputs[0] not in region:
            starts.append(graph.node_name(index))

    def halve(index: int, tensor: Tensor) -> Tensor:
        if index not in region:
            return tensor
        dims = list(tensor.type.dims)
        dims[AXES[axis]] = -(-dims[AXES[axis]] // 2)
        return dataclasses.replace(tensor, type=dataclasses.replace(tensor.type, shape=tuple(dims)))

    grids = {graph.tensors[t].name: Grid(**{axis: Every(2, first)}) for t, first in firsts.items()}
    changed_graph = dataclasses.replace(graph, nodes=tuple(nodes)).with_tensors(halve)
    return Halving(model=model.with_main(changed_graph), axis=axis, starts=frozenset(starts), grids=grids)
