"""A PAD with zeros before a convolution without padding, drawn into it where SAME pads alike.

PyTorch's exporters leave them apart. One operator less runs, and the padded copy of the tensor needs no memory.
"""

import dataclasses
from types import MappingProxyType
from typing import Any

import numpy as np

from packager.errors import Diagnostic, Severity
from packager.ir import Graph, Model, Node, Padding, compact
from packager.ops import call_of
from packager.ops._windows import axis_of
from packager.rewrite import Pass, PassResult

_WINDOWS = frozenset({"CONV_2D", "DEPTHWISE_CONV_2D"})


class FusePad(Pass):
    """Makes CONV_2D and DEPTHWISE_CONV_2D read what a PAD reads, with padding SAME, where that is the same to the bit.

    SAME puts an odd element at the end, and none where a stride steps over the edge: other paddings stay.
    """

    def apply(self, model: Model) -> PassResult:
        graph, producers = model.main, model.main.producers()
        nodes = list(graph.nodes)
        for i, node in enumerate(graph.nodes):
            pad = producers.get(node.inputs[0], -1) if node.op in _WINDOWS else -1
            if pad >= 0 and _same(graph, graph.nodes[pad], node):
                attrs = MappingProxyType({**node.attrs, "padding": int(Padding.SAME)})
                nodes[i] = dataclasses.replace(node, inputs=(graph.nodes[pad].inputs[0], *node.inputs[1:]), attrs=attrs)
        fused = sum(new is not old for new, old in zip(nodes, graph.nodes, strict=True))
        if not fused:
            return PassResult(model=model, changed=False)
        note = Diagnostic(severity=Severity.NOTE, message=f"{fused} paddings drawn into their convolutions")
        smaller = _without_idle_pads(dataclasses.replace(graph, nodes=tuple(nodes)))
        return PassResult(model=compact(model.with_main(smaller)), changed=True, notes=(note,))


def _same(graph: Graph, pad: Node, layer: Node) -> bool:
    """Whether a convolution with padding SAME would pad just as the PAD does."""
    if pad.op != "PAD" or layer.attrs["padding"] != Padding.VALID:
        return False
    before, after = (graph.type_of(t) for t in (pad.inputs[0], pad.outputs[0]))
    edges = graph.tensors[pad.inputs[1]].data
    if edges is None or edges.shape != (4, 2) or before.quant != after.quant or len(before.dims) != 4:
        return False
    if edges[0].any() or edges[3].any():
        return False
    return all(_pads_alike(graph, layer, i, before.dims[i], edges[i]) for i in (1, 2))


def _pads_alike(graph: Graph, layer: Node, dimension: int, length: int, edges: Any) -> bool:
    attrs, name = layer.attrs, "hw"[dimension - 1]
    size = graph.type_of(layer.inputs[1]).dims[dimension]
    stride, dilation = attrs[f"stride_{name}"], attrs.get(f"dilation_{name}_factor", 1) or 1
    axis = axis_of(length, size, stride, dilation, Padding.SAME)
    steps = call_of(graph, layer).output.dims[dimension]
    return np.array_equal(edges, (axis.before, axis.after)) and axis.steps == steps


def _without_idle_pads(graph: Graph) -> Graph:
    """Without the PADs that nobody reads any more."""
    read = {*graph.outputs, *(t for node in graph.nodes for t in node.inputs)}
    nodes = tuple(node for node in graph.nodes if node.op != "PAD" or node.outputs[0] in read)
    return dataclasses.replace(graph, nodes=nodes)
