"""LEAKY_RELU as a PRELU with one slope."""

import dataclasses

import numpy as np

from packager.ir import DType, Graph, GraphBuilder, Model, QuantParams, TensorType
from packager.ops import Array, Call, call_of, find_op
from packager.passes._splice import splice
from packager.rewrite import Pass, PassResult

_SLOPE = 127


class LowerLeakyRelu(Pass):
    """Writes int8 LEAKY_RELU with a positive slope as PRELU, with that slope for every channel.

    The product of scales is the same number, rounded in another place: each note says by how many steps a result can
    differ, found by trying all 256 inputs.
    """

    def apply(self, model: Model) -> PassResult:
        return splice(model, _lower)


def _lower(b: GraphBuilder, graph: Graph, index: int) -> str:
    node = graph.nodes[index]
    if node.op != "LEAKY_RELU" or not node.attrs["alpha"] > 0:
        return ""
    x, y = graph.type_of(node.inputs[0]), graph.tensors[node.outputs[0]]
    if x.dtype is not DType.INT8 or not x.is_quantized or not y.type.is_quantized or len(x.dims) < 2:
        return ""
    shape = (*(1 for _ in x.dims[1:-1]), x.dims[-1])
    slope = QuantParams.per_tensor(float(node.attrs["alpha"]) / _SLOPE, 0)
    alpha = b.const(np.full(shape, _SLOPE, np.int8), f"{y.name}/alpha", slope)
    b.node("PRELU", [node.inputs[0], alpha], [node.outputs[0]])
    leaky = call_of(graph, node)
    steps = int(np.abs(_of(leaky) - _of(_as_prelu(leaky, b.tensors[alpha].type), _SLOPE)).max())
    return f"computed by PRELU: differs by up to {steps} of 256 steps"


def _as_prelu(leaky: Call, alpha: TensorType) -> Call:
    node = dataclasses.replace(leaky.node, op="PRELU")
    return dataclasses.replace(leaky, node=node, inputs=(*leaky.inputs, alpha))


def _of(call: Call, *constants: int) -> Array:
    found = find_op(call.node.op)
    assert found is not None
    every = np.arange(-128, 128).astype(np.int8)
    return found.reference(call, [every, *(np.full(1, c, np.int8) for c in constants)])[0].astype(np.int64)
