"""How much each group of channels matters, comparable between layers."""

from collections.abc import Callable, Mapping

import numpy as np

from packager.ir import Graph
from packager.prune._contract import Product, Real
from packager.prune.channels import Channels, makers
from packager.prune.moments import Moments

Score = Callable[[Graph, Channels, Mapping[int, Moments]], Real]


def by_activation(graph: Graph, channels: Channels, moments: Mapping[int, Moments]) -> Real:
    """What a layer's output would lose: what other channels don't tell of one, times the squared weights that read it.

    Each layer's sum is 1. What can be told from other channels, or is always there, moves into weights and bias. What
    no layer reads, a model's output, is pinned anyway.
    """
    found = np.zeros(channels.count)
    for index, layer in makers(graph):
        own = moments[graph.nodes[index].inputs[0]].unpredicted()
        energy = _squares(layer) * np.tile(own, layer.weights.shape[2] // len(own))
        np.add.at(found, channels.groups[layer.into], _share(energy))
    return found


def by_norm(power: int) -> Score:
    """The mean magnitude (`power` 1) or mean square (2) of the weights that make a channel; each layer's sum is 1."""

    def score(graph: Graph, channels: Channels, moments: Mapping[int, Moments]) -> Real:  # noqa: ARG001 - as Score
        found = np.zeros(channels.count)
        for _, layer in makers(graph):
            sizes = np.concatenate([(np.abs(block) ** power).mean(axis=(1, 2)) for _, block in layer.blocks()])
            np.add.at(found, channels.groups[layer.out], _share(sizes))
        return found

    return score


IMPORTANCE: Mapping[str, Score] = {"activation": by_activation, "l1": by_norm(1), "l2": by_norm(2)}


def _squares(layer: Product) -> Real:
    found = np.zeros(layer.weights.shape[2])
    for _, block in layer.blocks():
        found += np.square(block).sum(axis=(0, 1))
    return found


def _share(values: Real) -> Real:
    total = values.sum()
    return values / total if total > 0 else values
