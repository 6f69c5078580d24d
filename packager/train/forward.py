"""A graph computed by TensorFlow over a batch, in the child."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from packager.ir import ABSENT, Activation, Graph, Node
from packager.train._contract import Call
from packager.train.ops import find_trainable

Rounding = Callable[[int, Any], Any]
"""From a tensor's index and its values to what an integer model would hold."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Roundings:
    """Where an integer model rounds."""

    activation: Rounding
    filters: Callable[[int, Any], Any]
    """From an operator's index and its filters."""


def forward(
    graph: Graph, inputs: Sequence[Any], weights: Mapping[int, Any] | None = None, rounded: Roundings | None = None
) -> dict[int, Any]:
    """Return every activation by tensor index, ``[count, ...]``.

    Args:
        graph: Checked by `check_trainable`.
        inputs: One tensor an input, ``[count, ...]`` without the graph's batch of 1.
        weights: Values of constants that are trained, in place of the graph's own.
        rounded: Applied to inputs, filters and results, where an integer model is imitated.
    """
    import tensorflow as tf

    known: dict[int, Any] = {}
    own = weights or {}
    for t, x in zip(graph.inputs, inputs, strict=True):
        known[t] = rounded.activation(t, x) if rounded else x
    for index, node in enumerate(graph.nodes):
        found = find_trainable(node.op)
        assert found is not None, "checked before the child was started"
        values = [None if t == ABSENT else known[t] if t in known else _constant(graph, t, own) for t in node.inputs]
        if rounded and found.filters != ABSENT and tf.is_tensor(values[found.filters]):
            values[found.filters] = rounded.filters(index, values[found.filters])
        made = found.build(Call(graph=graph, node=node, inputs=tuple(values)))
        for t, value in zip(node.outputs, made if isinstance(made, list) else [made], strict=True):
            result = _activated(node, value)
            known[t] = rounded.activation(t, result) if rounded else result
    return known


def _constant(graph: Graph, t: int, own: Mapping[int, Any]) -> Any:
    return own[t] if t in own else graph.tensors[t].data


def _activated(node: Node, value: Any) -> Any:
    import tensorflow as tf

    functions: Mapping[Activation, Callable[[Any], Any]] = {
        Activation.RELU: tf.nn.relu,
        Activation.RELU6: tf.nn.relu6,
        Activation.RELU_N1_TO_1: lambda x: tf.clip_by_value(x, -1.0, 1.0),
    }
    kind = Activation(node.attrs.get("fused_activation_function") or 0)
    return value if kind is Activation.NONE else functions[kind](value)
