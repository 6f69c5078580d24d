"""How much the loss would change if a channel were zero, to first order: importance from gradients."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from packager.config.training import Training
from packager.ir import Model, read_tflite_bytes, write_tflite
from packager.train._contract import Array, Example
from packager.train.check import check_trainable, need_tensorflow
from packager.train.forward import forward
from packager.train.loop import steady
from packager.train.loss import Head, by_labels, heads_of, logits_of, target_of
from packager.train.train import in_child

_AT_ONCE = 64
_DRAWS = 4
"""Of targets from the model's own answer, for each input, where there are no labels."""


def taylor_of(model: Model, data: Example, tensors: Sequence[int], how: Training | None = None) -> Mapping[int, Array]:
    """Return, for each activation asked for, what each of its channels contributes to each sample's change of loss.

    ``sum over positions of activation times gradient`` is the first-order Taylor term of setting a channel to zero
    (Molchanov et al. 2017). Without labels the gradient of a divergence from the model's own answer vanishes; targets
    are drawn from that answer in its place, whose mean square is the Fisher information: the divergence's second order.

    Args:
        model: Float and static.
        data: With labels or without.
        tensors: Activations, by index.
        how: Seed and threads.

    Returns:
        By index ``[samples or draws, channels]``.

    Raises:
        ToolError: TensorFlow is not installed, or crashed.
        UnsupportedError: the model holds an operator without a gradient.
    """
    check_trainable(model)
    need_tensorflow()
    found: dict[int, Array] = in_child(
        model, contributions, write_tflite(model), data, list(tensors), how or Training()
    )
    return found


def contributions(blob: bytes, data: Example, tensors: list[int], how: Training) -> dict[int, Array]:
    """The child's side."""
    import tensorflow as tf

    steady(how.threads, how.seed)
    graph = read_tflite_bytes(blob, name="model", source="model").main
    rng, heads = np.random.default_rng(how.seed), heads_of(graph)

    @tf.function(reduce_retracing=True)  # type: ignore[untyped-decorator]  # TensorFlow is untyped
    def answers(inputs: Any) -> Any:
        known = forward(graph, inputs)
        return [logits_of(head, known) for head in heads]

    @tf.function(reduce_retracing=True)  # type: ignore[untyped-decorator]  # TensorFlow is untyped
    def products(inputs: Any, targets: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            known = forward(graph, inputs)
            loss = _summed(heads, known, targets, labelled=data.labels is not None)
        watched = [known[t] for t in tensors]
        slopes = tape.gradient(loss, watched, unconnected_gradients="zero")
        return [_by_channel(a, g) for a, g in zip(watched, slopes, strict=True)]

    found: list[list[Array]] = []
    for start in range(0, data.count, _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        inputs = [tf.constant(np.asarray(x[part], np.float32)) for x in data.inputs]
        logits = [y.numpy() for y in answers(inputs)]
        for _ in range(1 if data.labels is not None else _DRAWS):
            targets = _targets(heads, logits, None if data.labels is None else data.labels[part], rng)
            found.append([y.numpy() for y in products(inputs, [tf.constant(y) for y in targets])])
    return {t: np.concatenate(parts) for t, parts in zip(tensors, zip(*found, strict=True), strict=True)}


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


def _by_channel(values: Any, slopes: Any) -> Any:
    import tensorflow as tf

    product = values * slopes
    return tf.reduce_sum(product, axis=list(range(1, len(product.shape) - 1))) if len(product.shape) > 2 else product
