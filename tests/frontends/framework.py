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
    outputs_of = getattr(model, "output_names", None) or [model.layers[-1].name]
    names: dict[str, Any] = {f"in_{name}": value for name, value in inputs.items()}
    names |= {f"out_{name}": value for name, value in zip(outputs_of, outputs, strict=True)}
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
            layers.Conv2D(4, 3),
            layers.BatchNormalization(),
            layers.LeakyReLU(0.2),
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


def saved_model(kind: str, folder: Path, data: Path | None = None) -> None:
    """Save a SavedModel of a kind, and what its signature computes for one input."""
    import tensorflow as tf

    module = _module(tf)
    signatures = {
        "serving": {"serving_default": module.mean, "filtered": module.filtered},
        "nameless": {"first": module.mean, "second": module.filtered},
        "dynamic": {"serving_default": module.filtered},
    }[kind]
    tf.saved_model.save(module, str(folder), signatures=signatures)
    if data is None:
        return
    random = np.random.default_rng(4)
    image, shift = random.standard_normal((1, 8, 6, 2)), random.standard_normal((1, 4))
    inputs = {"image": image, "shift": shift} if kind == "serving" else {"image": image}
    results = tf.saved_model.load(str(folder)).signatures["serving_default"](
        **{name: tf.constant(value, tf.float32) for name, value in inputs.items()}
    )
    names: dict[str, Any] = {f"in_{name}": value.astype(np.float32) for name, value in inputs.items()}
    names |= {f"out_{name}": value.numpy() for name, value in results.items()}
    np.savez(data, **names)


def _module(tf: Any) -> Any:
    class Module(tf.Module):  # type: ignore[misc]  # the base is untyped
        def __init__(self) -> None:
            super().__init__()
            self.kernel = tf.Variable(tf.random.stateless_normal([3, 3, 2, 4], [1, 2]))

        @tf.function(  # type: ignore[untyped-decorator]  # TensorFlow is untyped
            input_signature=[
                tf.TensorSpec([None, 8, 6, 2], tf.float32, name="image"),
                tf.TensorSpec([None, 4], tf.float32, name="shift"),
            ]
        )
        def mean(self, image: Any, shift: Any) -> Any:
            mean = tf.reduce_mean(tf.nn.conv2d(image, self.kernel, 1, "SAME"), [1, 2])
            return {"moved": mean + shift, "mean": mean}

        @tf.function(input_signature=[tf.TensorSpec([None, None, 6, 2], tf.float32, name="image")])  # type: ignore[untyped-decorator]  # TensorFlow is untyped
        def filtered(self, image: Any) -> Any:
            return {"map": tf.nn.relu(tf.nn.conv2d(image, self.kernel, 2, "SAME"))}

    return Module()


def keras_saved_model(folder: Path, data: Path) -> None:
    import keras

    keras.utils.set_random_seed(1)
    model = _functional(keras)
    model.export(folder, verbose=False)
    image = np.random.default_rng(4).standard_normal((1, 8, 8, 2)).astype(np.float32)
    np.savez(data, in_image=image, out_output_0=model.predict(image, verbose=0))


def served(folder: Path, name: str, inputs: Any) -> Any:
    """Return what TensorFlow's own loader makes of a SavedModel, through the version 1 interface."""
    import tensorflow as tf

    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        loaded = tf.compat.v1.saved_model.load(session, ["serve"], str(folder))
        signature = loaded.signature_def["serving_default"]
        (output,) = signature.outputs.values()
        return session.run(output.name, {signature.inputs[name].name: inputs})


def torch_model(kind: str, path: Path, data: Path) -> None:
    """Save a PyTorch network as an exported program (``.pt2``) or TorchScript (``.pt``), and its outputs."""
    import torch

    torch.manual_seed(1)
    module = _network(torch, kind).eval()
    with torch.no_grad():
        for normalization in module.modules():
            if isinstance(normalization, torch.nn.BatchNorm2d):
                normalization.running_mean.normal_()
                normalization.running_var.uniform_(0.5, 2)
        example = torch.randn(1, 3, 12, 12)
        wanted = module(example)
    if path.suffix == ".pt2":
        torch.export.save(torch.export.export(module, (example,)), path)
    else:
        torch.jit.save(torch.jit.trace(module, example), path)
    np.savez(data, x=example.numpy().transpose(0, 2, 3, 1), y=wanted.numpy())


def _network(torch: Any, kind: str) -> Any:
    nn = torch.nn
    if kind == "residual":

        class Residual(torch.nn.Module):  # type: ignore[misc]  # the base is untyped
            def __init__(self) -> None:
                super().__init__()
                self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1, bias=False), nn.BatchNorm2d(8), nn.ReLU6())
                self.deep = nn.Sequential(nn.Conv2d(8, 8, 3, 1, 1, groups=8), nn.BatchNorm2d(8), nn.Hardswish())
                self.head = nn.Linear(8, 5)

            def forward(self, x: Any) -> Any:
                x = self.stem(x)
                x = torch.relu(x + self.deep(x))
                return torch.softmax(self.head(x.mean((2, 3))), 1)

        return Residual()
    return nn.Sequential(
        nn.Conv2d(3, 6, 3), nn.BatchNorm2d(6), nn.LeakyReLU(0.1), nn.MaxPool2d(3, 2, 1), nn.Flatten(), nn.Linear(150, 4)
    )


def torch_pickles(folder: Path) -> None:
    """Save a whole module, a state dict, and a state dict in the oldest format."""
    import torch

    module = torch.nn.Linear(2, 2)
    torch.save(module, folder / "module.pt")
    torch.save(module.state_dict(), folder / "state.pth")
    torch.save(module.state_dict(), folder / "old.pth", _use_new_zipfile_serialization=False)
