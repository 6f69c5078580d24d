"""Train the example: a small CNN that reads scikit-learn's handwritten digits, 8 by 8 pixels.

Writes `digits.keras`, `digits.tflite` (float, batch 1), `calibration.npz` and `evaluation.npz` beside itself. Needs
`edgepack[tensorflow]` and scikit-learn; the files it wrote are committed, so that building needs neither.
"""

import os
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")  # oneDNN's sums depend on the number of threads

import keras
import numpy as np
import tensorflow as tf
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

HERE = Path(__file__).parent
SEED = 7
HELD_OUT = 0.25
CALIBRATION = 200
EPOCHS = 60


def load() -> tuple[Any, Any, Any, Any]:
    """Images in 0..1 of shape [n, 8, 8, 1] with their classes, split into a training and a held-out part."""
    digits = load_digits()
    images = (digits.images[..., None] / 16).astype(np.float32)
    return tuple(
        train_test_split(
            images, digits.target.astype(np.uint8), test_size=HELD_OUT, random_state=SEED, stratify=digits.target
        )
    )


def conv(x: Any, filters: int, kernel: int, name: str, *, relu: bool = True) -> Any:
    x = keras.layers.Conv2D(filters, kernel, padding="same", use_bias=False, name=name)(x)
    x = keras.layers.BatchNormalization(name=f"{name}_norm")(x)
    return keras.layers.ReLU(name=f"{name}_relu")(x) if relu else x


def separable(x: Any, filters: int, name: str, *, strides: int = 1, relu: bool = True) -> Any:
    x = keras.layers.DepthwiseConv2D(3, strides=strides, padding="same", use_bias=False, name=f"{name}_dw")(x)
    x = keras.layers.BatchNormalization(name=f"{name}_dw_norm")(x)
    return conv(keras.layers.ReLU(name=f"{name}_dw_relu")(x), filters, 1, f"{name}_pw", relu=relu)


def network() -> keras.Model:
    """A stem, a residual, a pooled and a strided block, a head: every kind of layer a small vision network has."""
    image = keras.Input((8, 8, 1), name="image")
    x = conv(image, 16, 3, "stem")
    x = keras.layers.Add(name="residual")([x, separable(x, 16, "block1", relu=False)])
    x = separable(keras.layers.ReLU(name="residual_relu")(x), 32, "block2")
    x = separable(keras.layers.MaxPooling2D(name="pool")(x), 64, "block3", strides=2)
    x = keras.layers.Dropout(0.3, name="dropout")(keras.layers.GlobalAveragePooling2D(name="average")(x))
    return keras.Model(image, keras.layers.Dense(10, activation="softmax", name="digit")(x), name="digits")


def shifted(images: Any, labels: Any, rng: np.random.Generator) -> tuple[Any, Any]:
    """The images, and each again moved by up to a pixel: 1347 digits are few."""
    moves = rng.integers(-1, 2, (len(images), 2))
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)))
    moved = np.stack([p[1 + dy : 9 + dy, 1 + dx : 9 + dx] for p, (dy, dx) in zip(padded, moves, strict=True)])
    return np.concatenate([images, moved]), np.concatenate([labels, labels])


def train(x: Any, y: Any) -> keras.Model:
    keras.utils.set_random_seed(SEED)
    tf.config.experimental.enable_op_determinism()
    x, y = shifted(x, y, np.random.default_rng(SEED))
    steps = EPOCHS * -(-len(x) // 32)
    model = network()
    model.compile(
        keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(4e-3, steps)),
        loss="sparse_categorical_crossentropy",
    )
    model.fit(x, y, batch_size=32, epochs=EPOCHS, verbose=0)
    bare = network()  # without the optimizer, whose state would double the file
    bare.set_weights(model.get_weights())
    return bare


def main() -> None:
    x, held_x, y, held_y = load()
    model = train(x, y)
    model.save(HERE / "digits.keras")
    model.export(
        HERE / "digits.tflite",
        format="litert",
        input_signature=[keras.InputSpec(shape=(1, 8, 8, 1), dtype="float32", name="image")],
        verbose=False,
    )
    np.savez_compressed(HERE / "calibration.npz", x=x[:CALIBRATION])
    np.savez_compressed(HERE / "evaluation.npz", x=held_x, y=held_y)
    right = np.argmax(model.predict(held_x, verbose=0), axis=1) == held_y
    print(f"{model.count_params()} parameters, {(HERE / 'digits.tflite').stat().st_size} bytes")
    print(f"held-out accuracy {right.mean():.4f} ({right.sum()} of {len(right)})")


if __name__ == "__main__":
    main()
