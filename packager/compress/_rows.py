"""What a layer reads, row by row: a float model run by LiteRT, and the vectors that a layer's matrix is applied to."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from packager.compress._contract import Array
from packager.compress._layers import Layer
from packager.interp.litert import RESOLVERS, tensors_of, trace_litert
from packager.ir import Model, write_tflite
from packager.ops._windows import axes_of, windows

_AT_ONCE = 1 << 26
"""Bytes of activations that a child process hands back together."""

Trace = Callable[[bytes, Sequence[Array], Sequence[int]], dict[int, Array]]


def _in_child(blob: bytes, inputs: Sequence[Array], tensors: Sequence[int]) -> dict[int, Array]:
    return trace_litert(blob, inputs, tensors, resolver="builtin")


def in_place(blob: bytes, inputs: Sequence[Array], tensors: Sequence[int]) -> dict[int, Array]:
    """Run LiteRT in this process, which must be a child already."""
    return tensors_of(blob, list(inputs), list(tensors), RESOLVERS["builtin"])


def traced(
    model: Model, inputs: Sequence[Array], tensors: Sequence[int], trace: Trace = _in_child
) -> Iterator[dict[int, Array]]:
    """Run a float model in LiteRT and yield its tensors ``[some samples, ...]``, in chunks of bounded size.

    Raises:
        UnsupportedError: LiteRT can't run it.
    """
    blob, wanted = write_tflite(model), sorted(set(tensors))
    each = sum(model.main.type_of(t).nbytes for t in wanted)
    chunk = max(1, _AT_ONCE // max(each, 1))
    for start in range(0, len(inputs[0]), chunk):
        yield trace(blob, [x[start : start + chunk] for x in inputs], wanted)


def rows_of(layer: Layer, x: Array, at: Array) -> Array:
    """What the layer multiplies at some of its positions.

    Args:
        layer: Of which the geometry counts.
        x: What it reads, ``[samples, ...]``.
        at: Positions, numbered through all samples.

    Returns:
        ``[len(at), columns]``; of a depthwise layer ``[len(at), out, taps]``.
    """
    if layer.op == "FULLY_CONNECTED":
        return x.reshape(-1, layer.weights.shape[1])[at]
    height, width = layer.weights.shape[1:3]
    rows, columns = axes_of(layer.call, (len(x), *layer.call.input(0).dims[1:]), height, width)
    view = windows(x.reshape(len(x), *layer.call.input(0).dims[1:]), rows, columns)
    sample, position = np.divmod(at, rows.steps * columns.steps)
    found = view[(sample, *np.divmod(position, columns.steps))]  # [len(at), in, kernel_h, kernel_w]
    if layer.depthwise:
        channels = found.reshape(len(at), found.shape[1], -1)
        return np.repeat(channels, layer.outs // channels.shape[1], axis=1)
    return np.moveaxis(found, 1, -1).reshape(len(at), -1)


def drawn(layer: Layer, samples: int, limit: int, rng: np.random.Generator) -> Array:
    """Positions of a layer over so many samples, at most `limit` of them, in order."""
    total = samples * layer.positions
    return np.arange(total) if total <= limit else np.sort(rng.choice(total, limit, replace=False))
