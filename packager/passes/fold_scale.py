"""Multiplications and additions by a constant per channel, drawn into the layer before them.

A batch normalisation that an exporter left unfolded is exactly this. Quantized apart from its layer it costs accuracy:
keyword spotting falls from 0.910 to 0.644 top-1 when its Mul and Add stay (1000 inputs, int8, LiteRT quantizer).
"""

import dataclasses
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from packager.errors import Diagnostic, Severity
from packager.ir import ABSENT, Activation, Graph, GraphBuilder, Model, Node, compact
from packager.rewrite import Pass, PassResult

Array = npt.NDArray[Any]
_CHANNEL_AXIS = {"CONV_2D": 0, "DEPTHWISE_CONV_2D": 3, "FULLY_CONNECTED": 0}
"""The axis of the weights that runs over the output channels."""
_FOLDS = frozenset({"MUL", "ADD", "SUB"})


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class _Match:
    layer: int
    scale: int
    """Index of the MUL, ADD or SUB."""
    constant: Array
    """One value per output channel, float64."""


class FoldScale(Pass):
    """Folds ``layer(x) * m`` and ``layer(x) + a``, for one value a channel, into the layer's weights and bias."""

    def apply(self, model: Model) -> PassResult:
        graph, folded = model.main, 0
        while (match := _first(graph)) is not None:
            graph, folded = _fold(graph, match), folded + 1
        if not folded:
            return PassResult(model=model, changed=False)
        note = Diagnostic(severity=Severity.NOTE, message=f"{folded} scalings and offsets folded into their layers")
        return PassResult(model=compact(model.with_main(graph)), changed=True, notes=(note,))


def _first(graph: Graph) -> _Match | None:
    producers, consumers = graph.producers(), graph.consumers()
    for i, node in enumerate(graph.nodes):
        if node.op not in _FOLDS:
            continue
        for moving, fixed in (node.inputs, node.inputs[::-1]):
            layer = producers.get(moving)
            if layer is None or (node.op == "SUB" and moving != node.inputs[0]):
                continue
            if consumers[moving] != (i,) or moving in graph.outputs:
                continue
            constant = _per_channel(graph, graph.nodes[layer], fixed)
            if constant is not None and graph.type_of(node.outputs[0]).dims == graph.type_of(moving).dims:
                return _Match(layer=layer, scale=i, constant=constant)
    return None


def _per_channel(graph: Graph, layer: Node, fixed: int) -> Array | None:
    """The constant as one value per output channel of the layer, or None where it is not of that form."""
    data = graph.tensors[fixed].data
    if layer.op not in _CHANNEL_AXIS or data is None or data.dtype != np.float32:
        return None
    if layer.attrs.get("fused_activation_function", 0) != Activation.NONE:
        return None
    weights = graph.tensors[layer.inputs[1]].data
    bias = graph.tensors[layer.inputs[2]].data if len(layer.inputs) > 2 and layer.inputs[2] != ABSENT else np.zeros(1)
    if weights is None or weights.dtype != np.float32 or bias is None:
        return None
    channels = weights.shape[_CHANNEL_AXIS[layer.op]]
    if data.size == 1:
        return np.full(channels, float(data.reshape(())), np.float64)
    is_last = data.shape[-1] == channels == data.size
    return data.reshape(channels).astype(np.float64) if is_last else None


def _fold(graph: Graph, match: _Match) -> Graph:
    layer, scale = graph.nodes[match.layer], graph.nodes[match.scale]
    builder = GraphBuilder(graph)
    weights_at, name = layer.inputs[1], graph.node_name(match.scale)
    weights = graph.tensors[weights_at].data
    assert weights is not None
    axis = _CHANNEL_AXIS[layer.op]
    channels = weights.shape[axis]
    bias = np.zeros(channels, np.float64)
    if len(layer.inputs) > 2 and layer.inputs[2] != ABSENT:
        own = graph.tensors[layer.inputs[2]].data
        assert own is not None
        bias = own.astype(np.float64)
    if scale.op == "MUL":
        shape = [1] * weights.ndim
        shape[axis] = channels
        scaled = weights.astype(np.float64) * match.constant.reshape(shape)
        weights_at = builder.const(scaled.astype(np.float32), f"{name}/weights")
        bias = bias * match.constant
    else:
        bias = bias + match.constant if scale.op == "ADD" else bias - match.constant
    bias_at = builder.const(bias.astype(np.float32), f"{name}/bias")
    activation = scale.attrs.get("fused_activation_function", 0)
    attrs = MappingProxyType({**layer.attrs, "fused_activation_function": activation})
    merged = dataclasses.replace(
        layer, inputs=(layer.inputs[0], weights_at, bias_at), outputs=scale.outputs, attrs=attrs
    )
    nodes = [merged if i == match.layer else node for i, node in enumerate(graph.nodes) if i != match.scale]
    return dataclasses.replace(graph, tensors=tuple(builder.tensors), nodes=tuple(nodes))
