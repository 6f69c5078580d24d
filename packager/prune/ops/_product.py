"""Layers with weights: how far their accumulators reach, and what those become."""

import dataclasses
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from packager.ir import ABSENT, DType, Graph, Node, Padding, TensorType
from packager.ops import Call, call_of
from packager.ops._windows import Axis, axes_of
from packager.prune._contract import Array, Bounds, Mask, Product, Real, Slot
from packager.prune.ops._evaluate import evaluable, evaluate, settled, widest

_INT32 = 2.0**31 - 1
_UNIT = 2.0**-23
"""More than float32 loses in one addition, relative to the magnitudes added."""


def product(graph: Graph, node: Node, *, out_axis: int, in_axis: int) -> Product:
    """See the weights of a layer as ``[out, taps, in]``."""
    at = node.inputs[1]
    data = graph.tensors[at].data
    assert data is not None, "told by takes()"
    first = np.moveaxis(data, (out_axis, in_axis), (0, -1))
    return Product(
        out=Slot(at, out_axis),
        into=Slot(at, in_axis),
        weights=first.reshape(first.shape[0], -1, first.shape[-1]),
        bias=bias_of(graph, node, first.shape[0]),
        zero_point=zero_of(graph.type_of(at)),
        input_zero=zero_of(graph.type_of(node.inputs[0])),
        patterns=None if data.ndim == 2 else patterns(call_of(graph, node), data.shape[1], data.shape[2]),
    )


def takes(graph: Graph, node: Node, rank: int) -> bool:
    """Whether a layer's weights and bias are plain constants of types that go together."""
    x, w = graph.type_of(node.inputs[0]), graph.tensors[node.inputs[1]]
    if w.data is None or w.data.shape != w.type.dims or w.data.ndim != rank or w.residue is not None:
        return False
    if w.type.quant is not None and len(set(w.type.quant.zero_point)) > 1:
        return False
    bias = bias_at(node)
    if bias != ABSENT and (graph.tensors[bias].data is None or len(graph.type_of(bias).dims) != 1):
        return False
    return x.dtype.is_float == w.type.dtype.is_float and bool(x.dims)


def bias_at(node: Node) -> int:
    """The index of a layer's bias, `ABSENT` where it has none."""
    return node.inputs[2] if len(node.inputs) > 2 else ABSENT


def bias_of(graph: Graph, node: Node, count: int) -> Real:
    """A layer's bias, zeros where it has none."""
    data = None if bias_at(node) == ABSENT else graph.tensors[bias_at(node)].data
    return np.zeros(count) if data is None else data.astype(np.float64)


def zero_of(type_: TensorType) -> int:
    """The zero point, 0 of what has none."""
    return type_.quant.zero_point[0] if type_.quant is not None and type_.quant.zero_point else 0


def patterns(call: Call, height: int, width: int) -> Mask | None:
    """Return the sets of a window's taps that lie inside the input, ``[n, taps]``; None where all always do."""
    rows, columns = axes_of(call, call.input(0).dims, height, width)
    if not any((rows.before, rows.after, columns.before, columns.after)):
        return None
    down, across = (_inside(axis, size) for axis, size in zip((rows, columns), call.input(0).dims[1:3], strict=True))
    found: Mask = (down[:, None, :, None] & across[None, :, None, :]).reshape(-1, height * width)
    return found


def _inside(axis: Axis, length: int) -> Mask:
    """The sets of taps inside the input along one dimension, ``[n, size]``."""
    start = np.arange(axis.steps) * axis.stride - axis.before
    at = start[:, None] + np.arange(axis.size) * axis.dilation
    found: Mask = np.unique((at >= 0) & (at < length), axis=0)
    return found


def shifted(x: Bounds, zero: int, *, padded: bool) -> tuple[Real, Real]:
    """What the input's channels contribute per unit of weight, 0 included where a tap may fall on padding."""
    low, high = x.low - zero, x.high - zero
    return (np.minimum(low, 0), np.maximum(high, 0)) if padded else (low, high)


def times(weight: Real, value: Real) -> Real:
    """``weight * value`` where nothing times infinity is nothing."""
    with np.errstate(invalid="ignore"):
        found: Real = np.where(weight == 0, 0.0, weight * value)
    return found


def requantized(graph: Graph, node: Node, sums: tuple[Real, Real]) -> Bounds:
    """Bounds of a layer's output from those of its sums, bias included: scaled, rounded, clamped by its own reference.

    The layer is evaluated on one input of zero with the sum as its bias.
    """
    call, count = call_of(graph, node), len(sums[0])
    wide = widest(call.output, count)
    if not evaluable(call):
        return wide
    known = np.ones(count, np.bool_)
    if not call.input(0).dtype.is_float:
        known = (np.abs(sums[0]) < _INT32) & (np.abs(sums[1]) < _INT32)
    lows, highs = (evaluate(*_probe(call, np.where(known, s, 0))) for s in sums)
    found = settled(lows[0], highs[1], call.output)
    return Bounds(low=np.where(known, found.low, wide.low), high=np.where(known, found.high, wide.high))


def _probe(call: Call, sums: Real) -> tuple[Call, list[Array | None]]:
    x, w = call.input(0), call.input(1)
    wide = x.dtype is DType.INT16 and (bias_at(call.node) == ABSENT or call.input(2).dtype is DType.INT64)
    bias = np.dtype(np.float32 if x.dtype.is_float else np.int64 if wide else np.int32)
    count, rank = len(sums), len(w.dims)
    ones = (1,) * (rank - 1)
    shape = (*ones, count) if call.node.op == "DEPTHWISE_CONV_2D" else (count, *ones)
    inputs: list[Array | None] = [
        np.full((*ones, 1), zero_of(x), x.dtype.numpy),
        np.full(shape, zero_of(w), w.dtype.numpy),
        sums.astype(bias),
    ]
    types = (
        dataclasses.replace(x, shape=(*ones, 1)),
        dataclasses.replace(w, shape=shape),
        TensorType(dtype=DType(bias.name), shape=(count,)),
    )
    output = dataclasses.replace(call.output, shape=(*ones, count))
    node = dataclasses.replace(call.node, attrs=MappingProxyType({**call.attrs, **_still(call.attrs)}))
    return dataclasses.replace(call, node=node, inputs=types, outputs=(output,)), inputs


def _still(attrs: Mapping[str, Any]) -> Mapping[str, Any]:
    """Options of a window of one element."""
    if "padding" not in attrs:
        return {}
    return {"padding": Padding.VALID, "stride_h": 1, "stride_w": 1, "dilation_h_factor": 1, "dilation_w_factor": 1}


def product_bounds(graph: Graph, node: Node, known: Mapping[int, Bounds], layer: Product) -> Bounds:
    """Bounds of a layer that sums over all input channels."""
    x = spread(known[node.inputs[0]], layer.weights.shape[2])
    low, high = shifted(x, layer.input_zero, padded=layer.patterns is not None)
    least, most = np.empty(len(layer.weights)), np.empty(len(layer.weights))
    steps = _additions(graph, node, layer)
    for rows, block in layer.blocks():
        up, down = np.maximum(block, 0).sum(axis=1), np.minimum(block, 0).sum(axis=1)
        least[rows], most[rows] = added(up, down, low, high, steps)
    return requantized(graph, node, (least + layer.bias, most + layer.bias))


def _additions(graph: Graph, node: Node, layer: Product) -> int:
    """How many roundings a sum may suffer: integers none."""
    return layer.weights[0].size if graph.type_of(node.inputs[0]).dtype.is_float else 0


def added(up: Real, down: Real, low: Real, high: Real, steps: int) -> tuple[Real, Real]:
    """Bounds of sums ``[rows]`` over inputs within ``low..high``; `up` and `down` are the weights above and below 0.

    A float sum of n terms, in any order, errs by at most n roundings of the magnitudes added; where every input is
    constant it is the same sum each time, and gets no room.
    """
    lower, upper = times(up, low) + times(down, high), times(up, high) + times(down, low)
    fixed = (lower == upper).all(axis=1)
    room = np.where(fixed, 0.0, steps * _UNIT)
    return (
        lower.sum(axis=1) - times(room, np.abs(lower).sum(axis=1)),
        upper.sum(axis=1) + times(room, np.abs(upper).sum(axis=1)),
    )


def spread(x: Bounds, count: int) -> Bounds:
    """Bounds of `count` flattened elements of a tensor, channels running fastest."""
    times_ = count // len(x.low)
    return Bounds(low=np.tile(x.low, times_), high=np.tile(x.high, times_))
