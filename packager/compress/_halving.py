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

from packager.compress._grids import AXES, Array, Every, Grid
from packager.compress._halving_ops import rule_of, slides
from packager.compress._positions import Place, Unfit, shorter, size_of
from packager.ir import Graph, Model, Tensor, frozen


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Halving:
    """A model with half of the positions of some activations along one dimension."""

    model: Model
    axis: str
    starts: frozenset[str]
    """Layers that take the longer stride."""
    grids: dict[str, Grid]
    """What is left of activations, by name, in the order of the graph."""

    @property
    def end(self) -> str:
        """The last activation that loses positions."""
        return next(reversed(self.grids))


def halvings(model: Model, axis: str) -> Iterator[Halving]:
    """Yield every way to halve the positions of a layer and of all that follows, each once, in the order of the graph.

    Args:
        model: Float.
        axis: ``height`` or ``width``.
    """
    return (found for found in _tried(model, axis) if isinstance(found, Halving))


def obstacles(model: Model, axis: str) -> Iterator[str]:
    """Yield what keeps the positions of layers that they are not left out, in the order of the layers."""
    return (str(found) for found in _tried(model, axis) if isinstance(found, Unfit) and str(found))


def _tried(model: Model, axis: str) -> Iterator[Halving | Unfit]:
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
        except Unfit as why:
            yield why


class _Around(NamedTuple):
    """Who makes and who reads a tensor, by its index."""

    makers: Mapping[int, int]
    readers: Mapping[int, tuple[int, ...]]


def _region(graph: Graph, around: _Around, start: int, axis: str) -> frozenset[int]:
    """Every activation that loses positions where one does.

    Raises:
        Unfit: one of them can't.
    """
    region: set[int] = set()
    waiting = [start]
    while waiting:
        t = waiting.pop()
        if t in region:
            continue
        if not _has(graph, t, axis):
            raise Unfit
        if t in graph.outputs or t not in around.makers:
            raise Unfit(f"the {'output' if t in graph.outputs else 'input'} {graph.tensors[t].name!r}")
        region.add(t)
        for index in (around.makers[t], *around.readers.get(t, ())):
            place = Place(graph=graph, index=index, axis=axis)
            waiting += rule_of(place).alike(place, t)
    return frozenset(region)


def _has(graph: Graph, t: int, axis: str) -> bool:
    """Whether an activation ``[batch, height, width, channels]`` or ``[batch, width, channels]`` has two positions."""
    return -AXES[axis] < len(graph.type_of(t).dims) <= 4 and size_of(graph, t, axis) > 1


def _halved(model: Model, region: frozenset[int], axis: str) -> Halving:
    """Halve a region.

    Raises:
        Unfit: two operators would leave different positions of what they are joined by, or one can't stride so far.
    """
    graph, nodes, starts = model.main, [], []
    firsts: dict[int, int] = {}
    constants: dict[int, Array] = {}
    for index, node in enumerate(graph.nodes):
        if region.isdisjoint((*node.inputs, *node.outputs)):
            nodes.append(node)
            continue
        place = Place(graph=graph, index=index, axis=axis)
        change = rule_of(place).changed(place, firsts, region)
        nodes.append(change.node)
        constants |= change.constants
        firsts |= {t: change.first for t in node.outputs if t in region}
        if slides(node) and node.inputs[0] not in region:
            starts.append(graph.node_name(index))

    def halve(index: int, tensor: Tensor) -> Tensor:
        if index in region:
            shape = shorter(tensor.type.dims, axis)
            return dataclasses.replace(tensor, type=dataclasses.replace(tensor.type, shape=shape))
        return dataclasses.replace(tensor, data=frozen(constants[index])) if index in constants else tensor

    grids = {graph.tensors[t].name: Grid(**{axis: Every(2, first)}) for t, first in firsts.items()}
    changed = dataclasses.replace(graph, nodes=tuple(nodes)).with_tensors(halve)
    return Halving(model=model.with_main(changed), axis=axis, starts=frozenset(starts), grids=grids)
