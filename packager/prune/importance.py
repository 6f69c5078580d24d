"""How much each group of channels matters, comparable between layers."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from packager.ir import Graph
from packager.prune._contract import Array, Product, Real
from packager.prune.channels import Channels, makers
from packager.prune.moments import Moments


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """What importance is judged by."""

    moments: Mapping[int, Moments]
    """By tensor index, of what layers read."""
    contributions: Callable[[Sequence[int]], Mapping[int, Array]]
    """From tensor indices to `packager.train.taylor_of` of them: costly, asked for by who needs it."""


Score = Callable[[Graph, Channels, Evidence], Real]


def by_activation(graph: Graph, channels: Channels, evidence: Evidence) -> Real:
    """What a layer's output would lose: what other channels don't tell of one, times the squared weights that read it.

    Each layer's sum is 1. What can be told from other channels, or is always there, moves into weights and bias. What
    no layer reads, a model's output, is pinned anyway.
    """
    found = np.zeros(channels.count)
    for index, layer in makers(graph):
        own = evidence.moments[graph.nodes[index].inputs[0]].unpredicted()
        energy = _squares(layer) * np.tile(own, layer.weights.shape[2] // len(own))
        np.add.at(found, channels.groups[layer.into], _share(energy))
    return found


def by_norm(power: int) -> Score:
    """The mean magnitude (`power` 1) or mean square (2) of the weights that make a channel; each layer's sum is 1."""

    def score(graph: Graph, channels: Channels, evidence: Evidence) -> Real:  # noqa: ARG001 - as Score
        found = np.zeros(channels.count)
        for _, layer in makers(graph):
            sizes = np.concatenate([(np.abs(block) ** power).mean(axis=(1, 2)) for _, block in layer.blocks()])
            np.add.at(found, channels.groups[layer.out], _share(sizes))
        return found

    return score


def by_taylor(graph: Graph, channels: Channels, evidence: Evidence) -> Real:
    """The mean square, over samples, of the first-order change of the loss when a group's channels are all zero.

    Layers joined by a residual add contribute to one group together, signs included (Molchanov et al. 2017).
    """
    layers = [(graph.nodes[index].outputs[0], layer) for index, layer in makers(graph)]
    found = evidence.contributions([t for t, _ in layers])
    total = np.zeros((channels.count, max((len(c) for c in found.values()), default=0)))
    for t, layer in layers:
        np.add.at(total, channels.groups[layer.out], found[t].T)
    square: Real = np.square(total).mean(axis=1)
    return square


IMPORTANCE: Mapping[str, Score] = {
    "activation": by_activation,
    "l1": by_norm(1),
    "l2": by_norm(2),
    "taylor": by_taylor,
}


def _squares(layer: Product) -> Real:
    found = np.zeros(layer.weights.shape[2])
    for _, block in layer.blocks():
        found += np.square(block).sum(axis=(0, 1))
    return found


def _share(values: Real) -> Real:
    total = values.sum()
    return values / total if total > 0 else values
