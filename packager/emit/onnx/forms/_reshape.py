"""Operators that give the same elements another shape."""

import math

import numpy as np

from packager.emit.onnx.emission import Emission
from packager.emit.onnx.layout import Layout, stored_dims
from packager.ir import Node
from packager.plan.sparsity import is_two_of_four


def emit(e: Emission, node: Node) -> None:
    """Reshape to the output's static shape, without a transposition where channels and batch stay what they are."""
    data, out = node.inputs[0], node.outputs[0]
    before, after = e.dims(data), e.dims(out)
    if e.layout_of(data) is Layout.FIRST:
        if min(len(before), len(after)) >= 3 and before[0] == after[0] and before[-1] == after[-1]:
            value = e.reshape(e.read(data, Layout.FIRST), stored_dims(after, Layout.FIRST))
            e.write(out, value, Layout.FIRST)
            return
        if _only_feeds_dense(e, out, before, after):
            e.columns[out] = _native_positions(before)
            e.write(out, e.reshape(e.read(data, Layout.FIRST), after))
            return
    e.write(out, e.flat(data, after))


def _only_feeds_dense(e: Emission, out: int, before: tuple[int, ...], after: tuple[int, ...]) -> bool:
    """Whether the operator flattens for fully connected layers alone, whose weights can be reordered instead.

    Not where that parts the neighbours of 2:4 sparse weights: a transposition costs less than the kernels for them.
    """
    users = e.consumers.get(out, ())
    return (
        after == (before[0], math.prod(before[1:]))
        and out not in e.graph.outputs
        and bool(users)
        and all(e.graph.nodes[u].op == "FULLY_CONNECTED" for u in users)
        and all(e.dims(e.graph.nodes[u].inputs[1])[1] == after[1] for u in users)
        and not any(_parted(e, e.graph.nodes[u].inputs[1], before) for u in users)
    )


def _parted(e: Emission, weights: int, before: tuple[int, ...]) -> bool:
    if not e.is_constant(weights) or not is_two_of_four(e.data(weights)):
        return False
    return not is_two_of_four(e.data(weights)[:, _native_positions(before)])


def _native_positions(dims: tuple[int, ...]) -> np.ndarray[tuple[int, ...], np.dtype[np.intp]]:
    """Return, for each element of one sample stored channels first, its position with channels last."""
    native = np.arange(math.prod(dims[1:]), dtype=np.intp).reshape(dims[1:])
    return np.moveaxis(native, -1, 0).reshape(-1)
