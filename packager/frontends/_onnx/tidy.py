"""Two rewrites that TensorFlow's converter makes as well, on the graph just lowered."""

import dataclasses
from types import MappingProxyType
from typing import Any

from packager.ir import Activation, Graph, Model, Node, compact

_FUSED = {"RELU": Activation.RELU, "RELU6": Activation.RELU6, "RELU_N1_TO_1": Activation.RELU_N1_TO_1}


def tidy(model: Model) -> Model:
    """Return the model with activations fused into what computes their input, and means without idle dimensions."""
    graph = _rewrite(model.main, _fused_activation)
    return compact(model.with_main(_rewrite(graph, _squeezed_mean)))


def _rewrite(graph: Graph, join: Any) -> Graph:
    """Replace each pair of a node and its only reader by the one node that `join` makes of them, where it makes one."""
    users, producers = graph.consumers(), graph.producers()
    nodes: dict[int, Node] = dict(enumerate(graph.nodes))
    for i, node in enumerate(graph.nodes):
        source = producers.get(node.inputs[0], -1) if node.inputs else -1
        if source not in nodes or users[node.inputs[0]] != (i,) or node.inputs[0] in graph.outputs:
            continue
        if (joined := join(graph, nodes[source], node)) is not None:
            nodes[source] = joined
            producers[joined.outputs[0]] = source
            del nodes[i]
    return dataclasses.replace(graph, nodes=tuple(nodes[i] for i in sorted(nodes)))


def _fused_activation(_graph: Graph, producer: Node, node: Node) -> Node | None:
    fused = _FUSED.get(node.op)
    if fused is None or producer.attrs.get("fused_activation_function") != Activation.NONE:
        return None
    attrs = MappingProxyType({**producer.attrs, "fused_activation_function": int(fused)})
    return dataclasses.replace(producer, attrs=attrs, outputs=node.outputs)


def _squeezed_mean(graph: Graph, producer: Node, node: Node) -> Node | None:
    """A mean that keeps its dimensions, and a reshape that drops them."""
    if producer.op != "MEAN" or node.op != "RESHAPE" or not producer.attrs["keep_dims"]:
        return None
    data = graph.tensors[producer.inputs[1]].data
    assert data is not None
    axes = {int(a) for a in data}
    left = tuple(n for a, n in enumerate(graph.type_of(producer.outputs[0]).dims) if a not in axes)
    if left != graph.type_of(node.outputs[0]).dims:
        return None
    return dataclasses.replace(
        producer, attrs=MappingProxyType({**producer.attrs, "keep_dims": False}), outputs=node.outputs
    )
