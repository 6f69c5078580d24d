"""Reading a Keras model's own description before Keras does: what would run foreign code is refused by name."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from packager.errors import UnsupportedError

_OURS = ("keras", "builtins", "tensorflow", "tf_keras")
_HINT = "rebuild the model from Keras' own layers, or export it as a SavedModel or ONNX where it was made"


def check_config(text: str | bytes, path: Path) -> None:
    """Refuse a configuration that names a Lambda layer or a class that is not Keras' own.

    Loading either would run code from the file, so Keras' `safe_mode` stays on, and this says which layer it is before
    TensorFlow is even started.

    Raises:
        UnsupportedError: with the layers' names; or the text is no Keras configuration.
    """
    try:
        config = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UnsupportedError(f"{path}: damaged Keras configuration ({error})", hint="save the model again") from None
    if not isinstance(config, dict) or "class_name" not in config:
        raise UnsupportedError(f"{path}: no Keras model inside", hint="save the whole model: model.save('model.keras')")
    foreign = dict.fromkeys(found for node in _objects(config) if (found := _foreign(node)))
    if foreign:
        raise UnsupportedError(f"{path}: holds code of its own: {', '.join(foreign)}", hint=_HINT)


def _objects(root: Any) -> Iterator[dict[str, Any]]:
    """Yield every serialized object below `root`; loops, for a hostile file nests deeper than the stack."""
    waiting = [root]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            if "class_name" in value:
                yield value
            waiting.extend(v for key, v in value.items() if key != "compile_config")
        elif isinstance(value, list):
            waiting.extend(value)


def _foreign(node: dict[str, Any]) -> str:
    kind, module, registered = node["class_name"], node.get("module"), node.get("registered_name")
    config = node.get("config")
    name = config.get("name") if isinstance(config, dict) else None
    label = f"{kind} {name!r}" if name else str(kind)
    if kind == "Lambda":
        return f"{label} (a Python function)"
    if kind == "__lambda__":
        return "a Python lambda"
    custom = isinstance(module, str) and module.split(".", 1)[0] not in _OURS
    if custom or (isinstance(registered, str) and ">" in registered):
        return f"{label} (a class of {module})" if custom else f"{label} (a custom class)"
    return ""
