"""A model's inputs and outputs, and the converters that stand at them."""

import dataclasses

from packager.ir import Graph, Model, Node

_CONVERTERS = frozenset({"QUANTIZE", "DEQUANTIZE"})


def converter(graph: Graph, t: int) -> tuple[Node, int] | None:
    """The operator that alone stands between an edge and a quantized tensor, and that tensor."""
    if t in graph.inputs:
        users = graph.consumers().get(t, ())
        nodes = [graph.nodes[i] for i in users] if len(users) == 1 else []
    else:
        nodes = [node for node in graph.nodes if t in node.outputs]
    for node in nodes:
        beyond = node.outputs[0] if t in graph.inputs else node.inputs[0]
        if node.op in _CONVERTERS and graph.type_of(beyond).is_quantized:
            return node, beyond
    return None


def bared(model: Model, t: int) -> tuple[Model, int]:
    """Without the converter at an edge; the tensor behind it takes the edge's place and name."""
    graph, found = model.main, converter(model.main, t)
    if found is None:
        return model, t
    node, inner = found
    name = graph.tensors[t].name
    graph = renamed(graph, inner, name=name)
    graph = renamed(graph, t, name=f"{name}_bared")
    graph = dataclasses.replace(graph, nodes=tuple(n for n in graph.nodes if n is not node))
    return with_edge(model, graph, t, inner), inner


def renamed(graph: Graph, t: int, *, name: str) -> Graph:
    return graph.with_tensors(lambda i, tensor: dataclasses.replace(tensor, name=name) if i == t else tensor)


def with_edge(model: Model, graph: Graph, old: int, new: int) -> Model:
    """The model with `graph`, in which another tensor is the edge that `old` was."""

    def moved(tensors: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(new if t == old else t for t in tensors)

    def named(pairs: tuple[tuple[str, int], ...]) -> tuple[tuple[str, int], ...]:
        return tuple((name, new if t == old else t) for name, t in pairs)

    signatures = tuple(
        dataclasses.replace(s, inputs=named(s.inputs), outputs=named(s.outputs)) if s.graph == 0 else s
        for s in model.signatures
    )
    edged = dataclasses.replace(graph, inputs=moved(graph.inputs), outputs=moved(graph.outputs))
    return dataclasses.replace(model.with_main(edged), signatures=signatures)
