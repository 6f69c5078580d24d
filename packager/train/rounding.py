"""Fake quantization, in the child: values rounded as the integer model will, gradients passed straight through.

Ranges are trained like weights: the gradient reaches them through the rounding error of what lies inside and through
what is clipped (learned step size quantization, Esser et al. 2020), in the logarithm of their ends, so that they keep
their sign.
"""

from typing import Any

import numpy as np

from packager.ir import Graph
from packager.train._contract import FakeQuant
from packager.train.forward import Roundings
from packager.train.ops import find_trainable

FIXED = frozenset({"SOFTMAX", "LOG_SOFTMAX", "LOGISTIC", "TANH"})
"""Operators whose result has the range that TFLite's quantization specification lays down."""
_LEAST = 1e-8


class Ranges:
    """The ends of each activation's range as variables."""

    def __init__(self, graph: Graph, quant: FakeQuant) -> None:
        import keras

        self.graph, self.quant = graph, quant
        self.root = _roots(graph)
        self._start = {t: quant.ranges[t] for t in sorted(quant.ranges) if self.root.get(t, t) == t}
        fixed = {t for node in graph.nodes if node.op in FIXED for t in node.outputs}
        self._grown = {
            t: keras.Variable(np.zeros(2, np.float32), dtype="float32", trainable=t not in fixed) for t in self._start
        }

    @property
    def variables(self) -> list[Any]:
        return [v for v in self._grown.values() if v.trainable]

    def roundings(self) -> Roundings:
        return Roundings(activation=self.activation, filters=self.filters)

    def activation(self, t: int, x: Any) -> Any:
        """Round to the integers of a tensor; zero is always one of them."""
        import tensorflow as tf

        root = self.root.get(t, t)
        if root not in self._start:
            return x
        steps, (low, high) = self.quant.levels - 1, self._ends(root)
        if self.quant.symmetric:
            half = steps // 2
            scale = tf.maximum(-low, high) / half
            return tf.clip_by_value(_round(x / scale), -half - 1.0, half) * scale
        scale = tf.maximum(high - low, _LEAST) / steps
        zero = _round(-low / scale)
        return (tf.clip_by_value(_round(x / scale) + zero, 0.0, float(steps)) - zero) * scale

    def filters(self, index: int, w: Any) -> Any:
        """Round weights to -127..127, a scale per output channel or one for all."""
        import tensorflow as tf

        per_channel = self.quant.per_channel.get(index)
        if per_channel is None:
            return w
        known = find_trainable(self.graph.nodes[index].op)
        assert known is not None
        axis = known.weights[known.filters]
        others = [i for i in range(len(w.shape)) if i != axis or not per_channel]
        largest = tf.stop_gradient(tf.reduce_max(tf.abs(w), axis=others, keepdims=True))
        scale = tf.maximum(largest, _LEAST) / 127.0
        return _round(w / scale) * scale

    def found(self) -> dict[int, tuple[float, float]]:
        """The ranges as they are now, by tensor index; of every tensor that is rounded."""
        ends = {t: tuple(float(e) for e in self._ends(t)) for t in self._start}
        return {t: (ends[r][0], ends[r][1]) for t in self.quant.ranges if (r := self.root.get(t, t)) in ends}

    def state(self) -> list[Any]:
        return [np.array(v.numpy()) for v in self._grown.values()]

    def restore(self, state: list[Any]) -> None:
        for variable, array in zip(self._grown.values(), state, strict=True):
            variable.assign(array)

    def _ends(self, t: int) -> tuple[Any, Any]:
        import tensorflow as tf

        low, high = self._start[t]
        grown = tf.exp(self._grown[t].value)
        return low * grown[0], (high if high > low else low + 1.0) * grown[1]


def _round(x: Any) -> Any:
    """To the nearest integer, ties to even, with the gradient of the identity."""
    import tensorflow as tf

    return x + tf.stop_gradient(tf.round(x) - x)


def _roots(graph: Graph) -> dict[int, int]:
    """Tensors that share the range of another, through operators that only move values."""
    found: dict[int, int] = {}
    computed = {*graph.inputs, *(t for node in graph.nodes for t in node.outputs)}
    for node in graph.nodes:
        known = find_trainable(node.op)
        if known is not None and known.carries:
            source = next(t for t in node.inputs if t in computed)
            found |= dict.fromkeys(node.outputs, found.get(source, source))
    return found
