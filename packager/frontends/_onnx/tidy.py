"""Rewrites of the graph just lowered, which TensorFlow's converter makes as well."""

import dataclasses
from collections.abc import Callable
from types import MappingProxyType

from packager.ir import Activation, Graph, Model, Node, compact

_FUSED = {"RELU": Activation.RELU, "RELU6": Activation.RELU6, "RELU_N1_TO_1": Activation.RELU_N1_TO_1}


def tidy(model: Model) -> Model:
    """Return the model with activations fused into what computes their input, and idle reshapes gone."""
    graph = _direct_reshapes(_activations_first(_direct_reshapes(model.main)))
    graph = _joined(_joined(graph, _fused_activation), _squeezed_mean)
    return compact(model.with_main(graph))


def _direct_reshapes(graph: Graph) -> Graph:
    """Let a reshape of a reshape read the first one's input, and drop those that change nothing or are not read."""
    root: dict[int, int] = {}
    same: dict[int, int] = {}
    nodes = []
    for node in graph.nodes:
        inputs = tuple(same.get(t, t) for t in node.inputs)
        if node.op == "RESHAPE":
            (out,) = node.outputs
            root[out] = root.get(inputs[0], inputs[0])
            if graph.type_of(out).dims == graph.type_of(root[out]).dims and out not in graph.outputs:
                same[out] = root[out]
                continue
            inputs = (root[out], *inputs[1:])
        nodes.append(dataclasses.replace(node, inputs=inputs))
    read = {*graph.outputs, *(t for node in nodes for t in node.inputs)}
    kept = tuple(n for n in nodes if n.op != "RESHAPE" or n.outputs[0] in read)
    return dataclasses.replace(graph, nodes=kept)


def _activations_first(graph: Graph) -> Graph:
    """Swap a reshape and the activation that alone reads it, so that the activation can be fused."""
    tensors, nodes = list(graph.tensors), list(graph.nodes)
    users, producers = graph.consumers(), graph.producers()
    for i, node in enumerate(graph.nodes):
        middle = node.inputs[0] if node.op in _FUSED else -1
        p = producers.get(middle, -1)
        if p < 0 or nodes[p].op != "RESHAPE" or users[middle] != (i,) or middle in graph.outputs:
            continue
        reshape = nodes[p]
        type_ = dataclasses.replace(tensors[middle].type, shape=tensors[reshape.inputs[0]].type.shape)
        tensors[middle] = dataclasses.replace(tensors[middle], type=type_)
        nodes[p] = dataclasses.replace(node, inputs=reshape.inputs[:1], outputs=(middle,))
        nodes[i] = dataclasses.replace(reshape, inputs=(middle, *reshape.inputs[1:]), outputs=node.outputs)
    return dataclasses.replace(graph, tensors=tuple(tensors), nodes=tuple(nodes))


def _joined(graph: Graph, join: Callable[[Graph, Node, Node], Node | None]) -> Graph:
    """Replace each pair of a node and its only reader by the one node that `join` makes of them, where it makes one."""
    users, producers = graph.consumers(), graph.producers()
    nodes: dict[int, Node] = dict(enumerate(graph.nodes))
    for i, node in enumerate(graph.nodes):
        source = producers.get(node.inputs[0], -1) if node.inputs else -1
        if source not in nodes or users[node.inputs[0]] != (i,) or node.inputs[0] in graph.outputs:
            continue
        if (both := join(graph, nodes[source], node)) is not None:
            nodes[source] = both
            producers[both.outputs[0]] = source
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
    left = tuple(n for a, n in enumerate(graph.type_of(producer.inputs[0]).dims) if a not in axes)
    if left != graph.type_of(node.outputs[0]).dims:
        return None
    attrs = MappingProxyType({**producer.attrs, "keep_dims": False})
    return dataclasses.replace(producer, attrs=attrs, outputs=node.outputs)
