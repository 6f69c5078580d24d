"""Carrying a pruning plan out: tensors, quantization parameters, biases and shape constants cut together."""

import dataclasses
from collections.abc import Mapping
from typing import TypeVar

import numpy as np

from packager.ir import ABSENT, DType, Graph, Model, Node, QuantParams, Tensor, TensorType, compact, frozen
from packager.prune._contract import Mask, Pruned, PrunePlan, Real
from packager.prune.ops import find_flow
from packager.prune.ops._product import bias_at

_T = TypeVar("_T")


def apply_plan(model: Model, plan: PrunePlan) -> Pruned:
    """Return the smaller model; the model itself where the plan cuts nothing."""
    before = weight_bytes(model.main)
    if not plan.keep and not plan.folds:
        return Pruned(model=model, plan=plan, bytes_before=before, bytes_after=before)
    axes: dict[int, dict[int, Mask]] = {}
    for slot, keep in plan.keep.items():
        axes.setdefault(slot.tensor, {})[slot.axis] = keep
    graph = model.main.with_tensors(lambda t, tensor: _cut(tensor, axes.get(t, {})))
    smaller = compact(model.with_main(_refitted(_folded(graph, plan))))
    return Pruned(model=smaller, plan=plan, bytes_before=before, bytes_after=weight_bytes(smaller.main))


def weight_bytes(graph: Graph) -> int:
    """Bytes of a graph's constants."""
    return sum(t.type.nbytes for t in graph.tensors if t.is_constant)


def _cut(tensor: Tensor, axes: Mapping[int, Mask]) -> Tensor:
    """The tensor without what is not kept along some of its axes."""
    type_, data = tensor.type, tensor.data
    for axis, keep in axes.items():
        type_ = dataclasses.replace(
            type_,
            shape=_resized(type_.dims, axis, keep),
            signature=None if type_.signature is None else _resized(type_.signature, axis, keep),
            quant=None if type_.quant is None else _cut_quant(type_.quant, axis, keep),
        )
        data = None if data is None else np.compress(keep, data, axis=axis)
    return dataclasses.replace(tensor, type=type_, data=data if data is tensor.data or data is None else frozen(data))


def _resized(dims: tuple[int, ...], axis: int, keep: Mask) -> tuple[int, ...]:
    return (*dims[:axis], int(keep.sum()), *dims[axis + 1 :])


def _cut_quant(quant: QuantParams, axis: int, keep: Mask) -> QuantParams:
    if not quant.is_per_channel or quant.axis != axis:
        return quant
    return dataclasses.replace(
        quant,
        scale=_kept(quant.scale, keep),
        zero_point=_kept(quant.zero_point, keep),
        minimum=None if quant.minimum is None else _kept(quant.minimum, keep),
        maximum=None if quant.maximum is None else _kept(quant.maximum, keep),
    )


def _kept(values: tuple[_T, ...], keep: Mask) -> tuple[_T, ...]:
    """One value a channel; a list of another length is one for all."""
    return tuple(v for v, stays in zip(values, keep, strict=True) if stays) if len(values) == len(keep) else values


def _folded(graph: Graph, plan: PrunePlan) -> Graph:
    """Add to the biases what was folded into them; a layer without a bias gets one."""
    tensors, nodes = list(graph.tensors), list(graph.nodes)
    for index, extra in plan.folds.items():
        node = nodes[index]
        flow = find_flow(node.op)
        layer = None if flow is None else flow.product(graph, node)
        assert layer is not None, "only layers that make channels have folds"
        keep = plan.keep.get(layer.out)
        tensors.append(_bias(graph, index, extra if keep is None else extra[keep]))
        nodes[index] = dataclasses.replace(node, inputs=(*node.inputs[:2], len(tensors) - 1, *node.inputs[3:]))
    return dataclasses.replace(graph, tensors=tuple(tensors), nodes=tuple(nodes))


def _bias(graph: Graph, index: int, extra: Real) -> Tensor:
    """The bias of a layer with something added. A bias that other layers read too is left to them."""
    at = bias_at(graph.nodes[index])
    if at == ABSENT:
        type_, start, name = _new_bias(graph, graph.nodes[index], len(extra)), np.zeros(len(extra)), None
    else:
        data = graph.tensors[at].data
        assert data is not None
        own = graph.consumers()[at] == (index,)
        type_, start, name = graph.type_of(at), data.astype(np.float64), graph.tensors[at].name if own else None
    total = start + extra
    stored = np.rint(total) if type_.dtype.is_integer else total
    return Tensor(
        name=name or f"{graph.node_name(index)}/bias", type=type_, data=frozen(stored.astype(type_.dtype.numpy))
    )


def _new_bias(graph: Graph, node: Node, count: int) -> TensorType:
    x, w = (graph.type_of(t) for t in node.inputs[:2])
    if x.dtype.is_float:
        return TensorType(dtype=DType.FLOAT32, shape=(count,), has_rank=True)
    assert w.quant is not None
    scales = tuple(float(s) for s in np.float32(x.scale) * w.quant.scales())
    quant = QuantParams(scale=scales, zero_point=(0,) * len(scales))
    wide = x.dtype is DType.INT16
    return TensorType(dtype=DType.INT64 if wide else DType.INT32, shape=(count,), quant=quant, has_rank=True)


def _refitted(graph: Graph) -> Graph:
    """Bring the constants that hold shapes up to date; one that several operators read is given to each."""
    tensors, nodes, consumers = list(graph.tensors), list(graph.nodes), graph.consumers()
    for index, node in enumerate(graph.nodes):
        flow = find_flow(node.op)
        if flow is None:
            continue
        for t, data in flow.refit(graph, node).items():
            old = graph.tensors[t]
            if old.data is None or np.array_equal(data, old.data):
                continue
            shape = dataclasses.replace(old, data=frozen(data))
            if consumers[t] == (index,):
                tensors[t] = shape
                continue
            tensors.append(dataclasses.replace(shape, name=f"{graph.node_name(index)}/shape"))
            inputs = tuple(len(tensors) - 1 if i == t else i for i in node.inputs)
            nodes[index] = dataclasses.replace(nodes[index], inputs=inputs)
    return dataclasses.replace(graph, tensors=tuple(tensors), nodes=tuple(nodes))
