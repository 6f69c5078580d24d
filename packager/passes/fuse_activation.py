"""A ReLU that stands alone, drawn into the operator before it.

Apart, the layer's result is rounded over its negative values as well, which the ReLU then throws away: half of the
integers are lost. Fused, they all serve what is left; and one operator less runs.
"""

import dataclasses
from types import MappingProxyType

from packager.errors import Diagnostic, Severity
from packager.ir import Activation, DType, Graph, Model, compact
from packager.rewrite import Pass, PassResult

_FUSED = {"RELU": Activation.RELU, "RELU6": Activation.RELU6, "RELU_N1_TO_1": Activation.RELU_N1_TO_1}
_HOSTS = frozenset(
    {"CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "ADD", "SUB", "MUL", "AVERAGE_POOL_2D", "MAX_POOL_2D"}
)
"""Operators whose kernels apply a fused activation in every runtime that EdgePack emits for."""


class FuseActivation(Pass):
    """Fuses RELU, RELU6 and RELU_N1_TO_1 of a float graph into the operator whose result they alone read."""

    def apply(self, model: Model) -> PassResult:
        graph, fused = model.main, 0
        while (pair := _first(graph)) is not None:
            graph, fused = _fuse(graph, *pair), fused + 1
        if not fused:
            return PassResult(model=model, changed=False)
        note = Diagnostic(severity=Severity.NOTE, message=f"{fused} activations fused into their layers")
        return PassResult(model=compact(model.with_main(graph)), changed=True, notes=(note,))


def _first(graph: Graph) -> tuple[int, int] | None:
    """Indices of a host and of the activation that can be fused into it."""
    producers, consumers = graph.producers(), graph.consumers()
    for i, node in enumerate(graph.nodes):
        if node.op not in _FUSED:
            continue
        host = producers.get(node.inputs[0])
        if host is None or graph.nodes[host].op not in _HOSTS:
            continue
        alone = consumers[node.inputs[0]] == (i,) and node.inputs[0] not in graph.outputs
        plain = graph.nodes[host].attrs.get("fused_activation_function") == Activation.NONE
        if alone and plain and graph.type_of(node.outputs[0]).dtype is DType.FLOAT32:
            return host, i
    return None


def _fuse(graph: Graph, host: int, activation: int) -> Graph:
    layer, relu = graph.nodes[host], graph.nodes[activation]
    attrs = MappingProxyType({**layer.attrs, "fused_activation_function": int(_FUSED[relu.op])})
    merged = dataclasses.replace(layer, outputs=relu.outputs, attrs=attrs)
    nodes = [merged if i == host else node for i, node in enumerate(graph.nodes) if i != activation]
    return dataclasses.replace(graph, nodes=tuple(nodes))
