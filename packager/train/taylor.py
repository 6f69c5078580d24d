"""How much the loss would change if a channel were zero, to first order: importance from gradients."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from packager.config.training import Training
from packager.ir import Model, write_tflite
from packager.train._contract import Array, Example
from packager.train.check import check_trainable, need_tensorflow
from packager.train.gradients import reduced
from packager.train.train import in_child


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
    """The child's side of `taylor_of`."""
    found = list(reduced(blob, data, tensors, how, lambda _, a, g: _by_channel(a * g)))
    return {t: np.concatenate(parts) for t, parts in zip(tensors, zip(*found, strict=True), strict=True)}


def _by_channel(product: Any) -> Any:
    import tensorflow as tf

    return tf.reduce_sum(product, axis=list(range(1, len(product.shape) - 1))) if len(product.shape) > 2 else product
