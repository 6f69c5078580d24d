"""Gradients of the loss by activations, batch after batch, in the child."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from packager.config.training import Training
from packager.ir import Activation, Graph, read_tflite_bytes
from packager.train._contract import Array, Example
from packager.train.forward import forward
from packager.train.loop import steady
from packager.train.loss import Head, by_labels, heads_of, logits_of, target_of

_AT_ONCE = 64
DRAWS = 4
"""Of targets from the model's own answer, for each input, where there are no labels."""


def reduced(
    blob: bytes, data: Example, tensors: list[int], how: Training, reduce: Callable[[Activation, Any, Any], Any]
) -> Iterator[list[Array]]:
    """Yield, for each batch and draw of targets, what `reduce` makes of each activation and its gradient."""
    import tensorflow as tf

    steady(how.threads, how.seed)
    graph = read_tflite_bytes(blob, name="model", source="model").main
    rng, heads = np.random.default_rng(how.seed), heads_of(graph)
    makers = graph.producers()
    fused = [_fused(graph, makers.get(t)) for t in tensors]

    @tf.function(reduce_retracing=True)  # type: ignore[untyped-decorator]  # TensorFlow is untyped
    def answers(inputs: Any) -> Any:
        known = forward(graph, inputs)
        return [logits_of(head, known) for head in heads]

    @tf.function(reduce_retracing=True)  # type: ignore[untyped-decorator]  # TensorFlow is untyped
    def backwards(inputs: Any, targets: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            known = forward(graph, inputs)
            loss = _summed(heads, known, targets, labelled=data.labels is not None)
        watched = [known[t] for t in tensors]
        slopes = tape.gradient(loss, watched, unconnected_gradients="zero")
        return [reduce(*each) for each in zip(fused, watched, slopes, strict=True)]

    for start in range(0, data.count, _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        inputs = [tf.constant(np.asarray(x[part], np.float32)) for x in data.inputs]
        logits = [y.numpy() for y in answers(inputs)]
        for _ in range(1 if data.labels is not None else DRAWS):
            targets = _targets(heads, logits, None if data.labels is None else data.labels[part], rng)
            yield [y.numpy() for y in backwards(inputs, [tf.constant(y) for y in targets])]


def _targets(
    heads: Sequence[Head], logits: Sequence[Array], labels: Array | None, rng: np.random.Generator
) -> list[Array]:
    """What each output is held against: labels for the first, else a draw from the model's own distribution."""
    if labels is not None:
        return [target_of(labels, logits[0].shape[1])]
    found = []
    for head, values in zip(heads, logits, strict=True):
        if head.kind == "softmax":
            noise = rng.gumbel(size=values.shape)
            found.append(target_of((values + noise).argmax(axis=1), values.shape[1]))
        elif head.kind == "sigmoid":
            found.append((rng.random(values.shape) < 1 / (1 + np.exp(-values))).astype(np.float32))
        else:
            found.append((values + rng.standard_normal(values.shape)).astype(np.float32))
    return found


def _summed(heads: Sequence[Head], known: dict[int, Any], targets: Sequence[Any], *, labelled: bool) -> Any:
    """The loss of a batch, summed over its samples: one's gradient does not depend on the others'."""
    import tensorflow as tf

    total: Any = 0.0
    for head, target in zip(heads, targets, strict=False):  # labels are those of the first output alone
        logits = logits_of(head, known)
        if head.kind == "value" and not labelled:
            total += 0.5 * tf.reduce_sum(tf.square(logits - target))
        else:
            total += by_labels(head, logits, target) * tf.cast(tf.shape(logits)[0], tf.float32)
    return total


def _fused(graph: Graph, maker: int | None) -> Activation:
    attrs: Mapping[str, Any] = {} if maker is None else graph.nodes[maker].attrs
    return Activation(attrs.get("fused_activation_function", Activation.NONE))
