"""2:4 structured sparsity, which the tensor cores of Ampere and later compute in half the time."""

from typing import Any

import numpy as np
import numpy.typing as npt

from packager.ir import Graph

_WEIGHTED = ("CONV_2D", "FULLY_CONNECTED")
"""Operators whose weights have their input channels last."""


def is_two_of_four(weights: npt.NDArray[Any]) -> bool:
    """Whether of every four values along the last axis, the input channels, at least two are zero.

    An axis that four does not divide has no such pattern. Weights without a single other value don't count.
    """
    if not weights.size or weights.shape[-1] % 4:
        return False
    zeros = np.count_nonzero(weights.reshape(-1, 4) == 0, axis=1)
    return bool((zeros >= 2).all() and (zeros < 4).any())


def sparse_layers(graph: Graph) -> tuple[int, ...]:
    """Return the operators of a float graph with 2:4 sparse constant weights."""
    return tuple(
        i
        for i, node in enumerate(graph.nodes)
        if node.op in _WEIGHTED and (data := graph.tensors[node.inputs[1]].data) is not None and is_two_of_four(data)
    )
