"""Models made and run by the frameworks themselves; every function here runs in a child, for TensorFlow stays out."""

from pathlib import Path
from typing import Any

import numpy as np


def keras_model(kind: str, path: Path, data: Path) -> None:
    """Save a model of a kind, its batch normalization unlike the identity, and its predictions for some inputs."""
    import keras

    keras.utils.set_random_seed(1)
    model = globals()[f"_{kind}"](keras)
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.set_weights([np.random.uniform(0.5, 2, w.shape) for w in layer.get_weights()])  # noqa: NPY002 - seeded by Keras above
    model.save(path)
    if kind != "unbuilt":
        _predict(keras, model, data)


def keras_predictions(path: Path, data: Path) -> None:
    """Save what Keras makes of an old file for some inputs, loaded in the simplest way that works."""
    import keras

    class Depthwise(keras.layers.DepthwiseConv2D):  # type: ignore[misc]  # the base is untyped
        def __init__(self, **options: Any) -> None:
            options.pop("groups", None)
            super().__init__(**options)

    objects = {"DepthwiseConv2D": Depthwise}
    _predict(keras, keras.models.load_model(path, compile=False, custom_objects=objects), data)


def _predict(keras: Any, model: Any, data: Path) -> None:
    random = np.random.default_rng(2)
    inputs = {}
    for i in model.inputs:
        shape = [n or k for n, k in zip(i.shape[1:], (6, 5, 3), strict=False)]
        inputs[i.name] = random.uniform(0, 1, (3, *shape)).astype(np.float32)
    values = list(inputs.values())
    outputs = keras.tree.flatten(model.predict(values if len(values) > 1 else values[0], verbose=0))
    names: dict[str, Any] = {f"in_{name}": value for name, value in inputs.items()}
    names |= {f"out_{name}": value for name, value in zip(model.output_names, outputs, strict=True)}
    np.savez(data, **names)


def _functional(keras: Any) -> Any:
    layers = keras.layers
    x = image = keras.Input((8, 8, 2), name="image")
    for filters, strides in ((4, 1), (6, 2)):
        x = layers.Conv2D(filters, 3, strides, padding="same", use_bias=False)(x)
        x = layers.ReLU(6.0)(layers.BatchNormalization()(x))
    x = layers.Add()([x, layers.BatchNormalization()(layers.DepthwiseConv2D(3, padding="same")(x))])
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(image, layers.Dense(5, activation="softmax", name="scores")(x))


def _sequential(keras: Any) -> Any:
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((9, 9, 1), name="image"),
            layers.Conv2D(4, 3, activation="relu"),
            layers.BatchNormalization(),
            layers.Conv2D(4, 3),
            layers.BatchNormalization(),
            layers.MaxPooling2D(),
            layers.Dropout(0.5),
            layers.Flatten(),
            layers.Dense(3),
        ]
    )


def _two(keras: Any) -> Any:
    layers = keras.layers
    left, right = keras.Input((4,), name="left"), keras.Input((4,), name="right")
    total = layers.Dense(2, name="total")(layers.Add()([left, right]))
    return keras.Model([left, right], [total, layers.ReLU(name="positive")(left)])


def _dynamic(keras: Any) -> Any:
    layers = keras.layers
    image = keras.Input((None, None, 3), name="image")
    x = layers.Conv2D(4, 3, padding="same")(image)
    return keras.Model(image, layers.GlobalAveragePooling2D(name="scores")(x))


def _unbuilt(keras: Any) -> Any:
    return keras.Sequential([keras.layers.Dense(3)])
