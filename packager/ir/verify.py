"""What must hold of every model, whoever made it."""

import math
import sys
from collections.abc import Iterator

from packager.ir.model import ABSENT, Graph, Model, Tensor
from packager.ir.quant import QuantParams

_WORD = 16
"""Bits of the widest activations that are quantized."""


def verify(model: Model) -> Iterator[str]:
    """Yield each broken invariant as a sentence; nothing when the model is sound."""
    if not model.graphs:
        yield "the model holds no graph"
    for g, graph in enumerate(model.graphs):
        prefix = f"graph {g}: " if len(model.graphs) > 1 else ""
        for problem in _graph_problems(graph):
            yield prefix + problem
    for signature in model.signatures:
        if not 0 <= signature.graph < len(model.graphs):
            yield f"signature {signature.key!r} names graph {signature.graph}"
            continue
        count = len(model.graphs[signature.graph].tensors)
        for name, t in (*signature.inputs, *signature.outputs):
            if not 0 <= t < count:
                yield f"signature {signature.key!r} maps {name!r} to tensor {t} of {count}"


def _graph_problems(graph: Graph) -> Iterator[str]:
    count = len(graph.tensors)
    for what, indices in (("input", graph.inputs), ("output", graph.outputs)):
        for t in indices:
            if not 0 <= t < count:
                yield f"{what} is tensor {t} of {count}"
    yield from _node_problems(graph, count)
    yield from _tensor_problems(graph)


def _node_problems(graph: Graph, count: int) -> Iterator[str]:
    known = {t for t, tensor in enumerate(graph.tensors) if tensor.is_constant or tensor.is_variable}
    known.update(graph.inputs)
    produced: set[int] = set()
    for node in graph.nodes:
        produced.update(node.outputs)
    written: set[int] = set()
    for i, node in enumerate(graph.nodes):
        for t in node.inputs:
            if t != ABSENT and not 0 <= t < count:
                yield f"{node.display_op} #{i} reads tensor {t} of {count}"
            elif t in produced and t not in known and t not in written:
                yield f"{node.display_op} #{i} reads {graph.tensors[t].name!r} before it is computed"
        for t in node.outputs:
            if not 0 <= t < count:
                yield f"{node.display_op} #{i} writes tensor {t} of {count}"
            elif graph.tensors[t].is_constant or t in written:
                yield f"{node.display_op} #{i} overwrites {graph.tensors[t].name!r}"
            written.add(t)


def _tensor_problems(graph: Graph) -> Iterator[str]:
    for tensor in graph.tensors:
        type_, data = tensor.type, tensor.data
        if data is not None and type_.dtype.numpy is not None and tensor.residue is None and data.shape != type_.dims:
            yield f"{tensor.name!r} is {type_.dims} but its data is {data.shape}"
        quant = type_.quant
        if quant is None or not quant.is_set:
            continue
        if type_.dtype.is_integer and type_.dtype.bits <= _WORD:
            yield from _range_problems(tensor, quant)
        if len(quant.zero_point) not in (1, len(quant.scale)):
            yield f"{tensor.name!r} has {len(quant.scale)} scales and {len(quant.zero_point)} zero points"
        if quant.is_per_channel and (
            not 0 <= quant.axis < len(type_.dims) or type_.dims[quant.axis] != len(quant.scale)
        ):
            yield f"{tensor.name!r} {type_.dims} has {len(quant.scale)} scales along axis {quant.axis}"


def _range_problems(tensor: Tensor, quant: QuantParams) -> Iterator[str]:
    """A scale is positive; constants may have the scale 0 where all of a channel is."""
    dtype = tensor.type.dtype
    least = 0.0 if tensor.data is not None else sys.float_info.min
    if wrong := [s for s in quant.scale if not (math.isfinite(s) and s >= least)]:
        yield f"{tensor.name!r} has the scale {wrong[0]}"
    low = 0 if dtype.value.startswith("u") else -(1 << (dtype.bits - 1))
    if outside := [z for z in quant.zero_point if not low <= z < low + (1 << dtype.bits)]:
        yield f"{tensor.name!r} is {dtype} with the zero point {outside[0]}"
