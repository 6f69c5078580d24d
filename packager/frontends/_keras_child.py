"""Keras to a float `.tflite`, in the child."""

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from packager.errors import UnsupportedError
from packager.frontends._child import Converted
from packager.frontends._keras_config import check_config
from packager.frontends._shapes import Shape, check_names, static_shape
from packager.frontends._tensorflow import converting, versions

_BUILD = "call the model once on an input, or start it with keras.Input, and save it again"
_WHOLE = "save the whole model: model.save('model.keras')"


def check_h5(path: Path) -> None:
    """Look at the model's description with HDF5's library alone, which takes a second less than TensorFlow to say no.

    Raises:
        UnsupportedError: a damaged file, weights without a model, or a model with code of its own.
    """
    import h5py

    try:
        with h5py.File(path, "r") as file:
            config = file.attrs.get("model_config")
    except (OSError, RuntimeError, KeyError, ValueError) as error:
        raise UnsupportedError(
            f"{path}: damaged or truncated HDF5 file ({error})",
            hint="copy or save it again; compare its size with the original",
        ) from None
    if config is None:
        raise UnsupportedError(f"{path}: holds weights but no model", hint=_WHOLE)
    check_config(config if isinstance(config, (str, bytes)) else json.dumps(None), path)


def convert_keras(path: Path, given: Mapping[str, Shape]) -> Converted:
    """Load a Keras file and export it with static shapes and a batch of 1."""
    if path.suffix != ".keras":
        check_h5(path)
    import keras

    model = _load(path)
    sequential = isinstance(model, keras.Sequential)
    if not model.built or (not sequential and not isinstance(model, keras.Model)):
        raise UnsupportedError(f"{path}: the model was saved before its input shape was known", hint=_BUILD)
    check_names(given, [i.name for i in model.inputs], path)

    def spec(i: Any) -> Any:
        return keras.InputSpec(shape=static_shape(i.name, i.shape, given, path), dtype=i.dtype, name=i.name)

    structure = keras.tree.map_structure(spec, model.inputs[0] if sequential else model.input)
    with tempfile.TemporaryDirectory() as folder, converting(path):
        out = Path(folder, "model.tflite")
        model.export(str(out), format="litert", input_signature=[structure], verbose=False)
        content = out.read_bytes()
    outputs = [model.layers[-1].name] if sequential else model.output_names
    names = {f"output_{i}": name for i, name in enumerate(outputs)}
    return Converted(content=content, renames=names, tools=versions("keras", "tensorflow", "tensorflow-cpu"))


def _load(path: Path) -> Any:
    import keras

    class Depthwise(keras.layers.DepthwiseConv2D):  # type: ignore[misc]  # the base is untyped
        """Keras 2 wrote a `groups` that Keras 3 does not take; what comes out is the stock layer."""

        @classmethod
        def from_config(cls, config: dict[str, Any]) -> Any:
            kept = {key: value for key, value in config.items() if key != "groups"}
            return keras.layers.DepthwiseConv2D.from_config(kept)

    try:
        return keras.models.load_model(
            path, compile=False, safe_mode=True, custom_objects={"DepthwiseConv2D": Depthwise}
        )
    except (ValueError, TypeError, KeyError, OSError, AttributeError) as error:
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise UnsupportedError(
            f"{path}: Keras can't load it: {lines[0][:300]}",
            hint="load it with the Keras that made it, and save it again as .keras, or export a SavedModel",
            details=str(error),
        ) from None
