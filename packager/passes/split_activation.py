"""An activation fused into an operator that can't map with one, as an operator of its own."""

import dataclasses
from types import MappingProxyType

from packager.ir import Activation, DType, Graph, GraphBuilder, Model
from packager.passes._splice import splice
from packager.rewrite import Pass, PassResult

_ALONE = {Activation.RELU: "RELU", Activation.RELU6: "RELU6", Activation.RELU_N1_TO_1: "RELU_N1_TO_1"}
_HOSTS = frozenset({"AVERAGE_POOL_2D", "MAX_POOL_2D", "CONCATENATION"})


class SplitActivation(Pass):
    """Takes RELU, RELU6 and RELU_N1_TO_1 out of pooling and concatenation.

    Exact: the operator rounds into the same scale as before, and the fused kernel clamps integers of
    one scale as well.
    """

    def apply(self, model: Model) -> PassResult:
        return splice(model, _split)


def _split(b: GraphBuilder, graph: Graph, index: int) -> str:
    node = graph.nodes[index]
    fused = node.attrs.get("fused_activation_function") or Activation.NONE
    if node.op not in _HOSTS or fused not in _ALONE:
        return ""
    out = graph.tensors[node.outputs[0]]
    if out.type.dtype not in (DType.INT8, DType.UINT8) or not out.type.is_quantized:
        return ""
    before = b.tensor(f"{out.name}/unclamped", out.type.dims, out.type.dtype, out.type.quant)
    attrs = MappingProxyType({**node.attrs, "fused_activation_function": int(Activation.NONE)})
    b.nodes.append(dataclasses.replace(node, outputs=(before,), attrs=attrs))
    name = _ALONE[Activation(fused)]
    newer = out.type.dtype is DType.INT8 and name != "RELU_N1_TO_1"  # which has one version for all types
    b.node(name, [before], [node.outputs[0]], version=2 if newer else 1)
    return f"its fused {name} stands alone: exact"
