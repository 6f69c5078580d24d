"""The MNIST network of the benchmark, trained with Keras; runs in a child process."""

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def trained(x: Array, y: Array, seed: int, epochs: int) -> bytes:
    """Return a float `.tflite`: three convolutions and two dense layers, 0.75 million multiply-accumulates.

    Args:
        x: ``[count, 28, 28, 1]``, 0 to 1.
        y: ``[count]``.
        seed: Of weights, order and dropout.
        epochs: Over `x`.
    """
    import keras
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(2)
    keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1), name="image"),
            layers.Conv2D(16, 3, strides=2, activation="relu"),
            layers.Conv2D(32, 3, strides=2, activation="relu"),
            layers.Conv2D(64, 3, activation="relu"),
            layers.Flatten(),
            layers.Dropout(0.3),
            layers.Dense(256, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )
    steps = epochs * (len(x) // 128)
    rate = keras.optimizers.schedules.CosineDecay(3e-3, steps)
    model.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy")
    model.fit(x, y, batch_size=128, epochs=epochs, verbose=0)
    spec = keras.InputSpec(shape=(1, 28, 28, 1), dtype="float32", name="image")
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "model.tflite")
        model.export(str(out), format="litert", input_signature=[spec], verbose=False)
        return out.read_bytes()


def as_input(x: Array) -> Array:
    """Pixels 0 to 255 ``[count, 28, 28]`` as the network takes them."""
    scaled: Array = (x.astype(np.float32) / np.float32(255))[..., None]
    return scaled
