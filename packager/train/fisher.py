"""How much an error of a layer's result changes the model's outputs, to second order: Fisher information."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from packager.config.training import Training
from packager.ir import Activation, Model, write_tflite
from packager.train._contract import Array, Example
from packager.train.check import check_trainable, need_tensorflow
from packager.train.gradients import DRAWS, reduced
from packager.train.train import in_child

_LINEAR = {
    Activation.RELU: (0.0, np.inf),
    Activation.RELU6: (0.0, 6.0),
    Activation.RELU_N1_TO_1: (-1.0, 1.0),
}
"""Where a clamp passes its input on."""


def fisher_of(model: Model, data: Example, tensors: Sequence[int], how: Training | None = None) -> Mapping[int, Array]:
    """Return, for the result of each operator, how much a small error of it changes the outputs.

    The Fisher information of a layer's result before its fused activation: the mean over samples and positions of
    ``g g'``, g the gradient of the loss whose targets are drawn from the model's own answer. An error e costs
    ``e' F e / 2`` in divergence to second order, if errors of positions do not add up (as Martens and Grosse assume,
    2015). Labels are not looked at.

    Args:
        model: Float and static.
        data: Whose inputs count.
        tensors: Results of operators, by index.
        how: Seed and threads.

    Returns:
        By index ``[channels, channels]``, symmetric, in double.

    Raises:
        ToolError: TensorFlow is not installed, or crashed.
        UnsupportedError: the model holds an operator without a gradient.
    """
    check_trainable(model)
    need_tensorflow()
    bare = Example(inputs=data.inputs, labels=None)
    found: dict[int, Array] = in_child(model, informations, write_tflite(model), bare, list(tensors), how or Training())
    return found


def informations(blob: bytes, data: Example, tensors: list[int], how: Training) -> dict[int, Array]:
    """The child's side of `fisher_of`."""
    total: dict[int, Array] = {}
    for parts in reduced(blob, data, tensors, how, _products):
        total = {t: total.get(t, 0.0) + part.astype(np.float64) for t, part in zip(tensors, parts, strict=True)}
    return {t: matrix / (DRAWS * data.count) for t, matrix in total.items()}


def _products(fused: Activation, values: Any, slopes: Any) -> Any:
    """The sum of ``g g'``, each position a share of its sample; g before the activation, zero where that is flat."""
    import tensorflow as tf

    if fused in _LINEAR:
        low, high = _LINEAR[fused]
        slopes = tf.where((values > low) & (values < high), slopes, tf.zeros_like(slopes))
    channels = slopes.shape[-1]
    rows = tf.reshape(slopes, [-1, channels])
    positions = tf.cast(tf.shape(rows)[0] / tf.shape(slopes)[0], tf.float32)
    return tf.matmul(rows, rows, transpose_a=True) / positions
