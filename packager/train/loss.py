"""What training lowers, in the child: cross-entropy with labels, divergence from a teacher before the softmax."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from packager.ir import ABSENT, Graph
from packager.train._contract import Array

_MOVED = frozenset({"RESHAPE", "SQUEEZE", "EXPAND_DIMS"})


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Head:
    """Where an output is compared: before its softmax or sigmoid, which would flatten the gradient."""

    tensor: int
    kind: str
    """``softmax``, ``sigmoid``, or ``value`` for what is compared as it is."""
    beta: float = 1.0
    """Of the softmax."""


def heads_of(graph: Graph) -> tuple[Head, ...]:
    """One for each output."""
    producers = graph.producers()
    return tuple(_head(graph, t, producers) for t in graph.outputs)


def _head(graph: Graph, output: int, producers: dict[int, int]) -> Head:
    t = output
    while t in producers:
        node = graph.nodes[producers[t]]
        if node.op in _MOVED:
            t = node.inputs[0]
        elif node.op == "SOFTMAX" and node.inputs[0] != ABSENT:
            return Head(tensor=node.inputs[0], kind="softmax", beta=float(node.attrs["beta"]))
        elif node.op == "LOGISTIC":
            return Head(tensor=node.inputs[0], kind="sigmoid")
        else:
            break
    return Head(tensor=output, kind="value")


def logits_of(head: Head, known: dict[int, Any]) -> Any:
    """``[count, features]``, times beta."""
    import tensorflow as tf

    values = known[head.tensor]
    return tf.reshape(values, [-1, int(np.prod(values.shape[1:]))]) * head.beta


def target_of(labels: Array, classes: int) -> Array:
    """Labels ``[count]`` as what `by_labels` takes: ``[count, classes]``, or ``[count, 1]`` for a lone probability."""
    return labels.astype(np.float32)[:, None] if classes == 1 else np.eye(classes, dtype=np.float32)[labels]


def by_labels(head: Head, logits: Any, target: Any) -> Any:
    """Mean cross-entropy; of outputs without a softmax, of the one they would have. A scalar."""
    import tensorflow as tf

    if head.kind == "sigmoid" or int(logits.shape[1]) == 1:
        return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(target, logits))
    return tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(target, logits))


def by_teacher(head: Head, logits: Any, wanted: Any, temperature: float, spread: float) -> Any:
    """Divergence of the student's probabilities from the teacher's, both at a temperature, times its square.

    See Hinton et al. 2015. Of plain values the mean squared error over `spread`, the teacher's variance.
    """
    import tensorflow as tf

    if head.kind == "value":
        return tf.reduce_mean(tf.square(logits - wanted)) / spread
    soft, own = wanted / temperature, logits / temperature
    if head.kind == "sigmoid":
        p = tf.sigmoid(soft)
        cross = tf.nn.sigmoid_cross_entropy_with_logits
        return tf.reduce_mean(cross(p, own) - cross(p, soft)) * temperature**2
    p = tf.nn.softmax(soft)
    gap = tf.nn.log_softmax(soft) - tf.nn.log_softmax(own)
    return tf.reduce_mean(tf.reduce_sum(p * gap, axis=1)) * temperature**2


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Objective:
    """The loss of one batch."""

    heads: tuple[Head, ...]
    labelled: bool
    teacher_share: float
    """0 with labels alone, 1 without labels."""
    temperature: float
    spreads: tuple[float, ...]
    """Variances of the teacher's answers over the training data: of each output, then of each hint."""
    hinted: tuple[int, ...] = ()
    """Activations that are matched to the teacher's too."""
    hint_weight: float = 0.0

    def __call__(self, known: dict[int, Any], target: Any, wanted: Sequence[Any]) -> Any:
        """A scalar from a student's activations, the first output's labels, the teacher's logits and hints."""
        import tensorflow as tf

        total: Any = 0.0
        if self.labelled and self.teacher_share < 1:
            total = (1 - self.teacher_share) * by_labels(self.heads[0], logits_of(self.heads[0], known), target)
        if self.teacher_share > 0:
            for head, values, spread in zip(self.heads, wanted, self.spreads, strict=False):
                gap = by_teacher(head, logits_of(head, known), values, self.temperature, spread)
                total += self.teacher_share / len(self.heads) * gap
        outputs = len(self.heads)
        for t, values, spread in zip(self.hinted, wanted[outputs:], self.spreads[outputs:], strict=True):
            gap = tf.reduce_mean(tf.square(known[t] - values)) / spread
            total += self.hint_weight / len(self.hinted) * gap
        return total
