"""PACK along the first axis, where accelerators keep the batch, as a concatenation of rows."""

import math

import numpy as np

from packager.ir import Activation, DType, Graph, GraphBuilder, Model, TensorType
from packager.passes._splice import splice
from packager.rewrite import Pass, PassResult


class LowerPack(Pass):
    """Joins what PACK stacks along axis 0 as rows, one behind the other, and gives the row PACK's shape.

    Exact: stacking along the first axis lays the inputs one behind the other.
    """

    def apply(self, model: Model) -> PassResult:
        return splice(model, _lower)


def _lower(b: GraphBuilder, graph: Graph, index: int) -> str:
    node = graph.nodes[index]
    out = graph.tensors[node.outputs[0]]
    if node.op != "PACK" or node.attrs.get("axis", 0) % max(len(out.type.dims), 1) != 0 or len(node.inputs) < 2:
        return ""
    types = [graph.type_of(t) for t in node.inputs]
    if out.type.dtype not in (DType.INT8, DType.UINT8) or any(_scale(t) != _scale(out.type) for t in types):
        return ""
    rows = []
    for i, (t, type_) in enumerate(zip(node.inputs, types, strict=True)):
        row = b.tensor(f"{out.name}/row_{i}", (1, math.prod(type_.dims)), type_.dtype, type_.quant)
        _reshape(b, t, row)
        rows.append(row)
    joined = b.tensor(f"{out.name}/joined", (1, out.type.elements), out.type.dtype, out.type.quant)
    b.node(
        "CONCATENATION",
        rows,
        [joined],
        options="ConcatenationOptions",
        version=2 if out.type.dtype is DType.INT8 else 1,
        axis=1,
        fused_activation_function=int(Activation.NONE),
    )
    _reshape(b, joined, node.outputs[0])
    return "joined as rows: exact"


def _scale(type_: TensorType) -> tuple[tuple[float, ...], tuple[int, ...]] | None:
    return (type_.quant.scale, type_.quant.zero_point) if type_.quant else None


def _reshape(b: GraphBuilder, source: int, target: int) -> None:
    dims = b.tensors[target].type.dims
    shape = b.const(np.asarray(dims, np.int32), f"{b.tensors[target].name}/shape")
    b.node("RESHAPE", [source, shape], [target], options="ReshapeOptions", new_shape=dims)
