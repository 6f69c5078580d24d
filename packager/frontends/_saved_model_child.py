"""A SavedModel to a float `.tflite`, in the child.

The version 1 loader reads every SavedModel, old or new, without the Python classes of whoever saved it (Keras 2 models
with optimizer slots need tf-keras otherwise). What it restores is frozen to constants, and its inputs are replaced by
ones of static shape, so that no operator that computes a shape is left.
"""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from packager.errors import UnsupportedError
from packager.frontends._child import Converted
from packager.frontends._shapes import Shape, check_names, static_shape
from packager.frontends._tensorflow import converting, versions

_SERVING = "serving_default"


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class _Frozen:
    """A graph of constants with the entry point that was asked for."""

    graph: Any
    inputs: Mapping[str, Any]
    """Argument name to the signature's `TensorInfo`."""
    outputs: Mapping[str, Any]


def convert_saved_model(path: Path, given: Mapping[str, Shape]) -> Converted:
    """Freeze the default signature and convert it with static shapes and a batch of 1."""
    import tensorflow as tf

    frozen = _freeze(path)
    check_names(given, sorted(frozen.inputs), path)
    specs = [
        tf.TensorSpec(static_shape(name, _shape(info), given, path), tf.as_dtype(info.dtype), name=name)
        for name, info in sorted(frozen.inputs.items())
    ]

    def run(*arguments: Any) -> dict[str, Any]:
        named = dict(zip(sorted(frozen.inputs), arguments, strict=True))
        results = tf.graph_util.import_graph_def(
            frozen.graph,
            input_map={info.name: named[name] for name, info in frozen.inputs.items()},
            return_elements=[info.name for info in frozen.outputs.values()],
        )
        return {name: tf.identity(r, name=name) for name, r in zip(frozen.outputs, results, strict=True)}

    with converting(path):
        function = tf.compat.v1.wrap_function(run, specs)
        converter = tf.lite.TFLiteConverter.from_concrete_functions([function])
        content = converter.convert()
    return Converted(content=content, tools=versions("tensorflow", "tensorflow-cpu"))


def _freeze(path: Path) -> _Frozen:
    import tensorflow as tf

    tags, signature = _entry(path)
    inputs, outputs = dict(signature.inputs), dict(signature.outputs)
    for name, info in {**inputs, **outputs}.items():
        if not info.name:
            raise UnsupportedError(f"{path}: {name!r} is no plain tensor", hint="export dense tensors")
    with tf.Graph().as_default() as graph, tf.compat.v1.Session() as session:
        tf.compat.v1.saved_model.load(session, tags, str(path))
        kept = sorted({info.name.split(":")[0] for info in outputs.values()})
        constant = tf.compat.v1.graph_util.convert_variables_to_constants(session, graph.as_graph_def(), kept)
    for function in constant.library.function:
        function.attr.pop("_input_shapes", None)  # freezing takes arguments away and leaves this count of them behind
    return _Frozen(graph=constant, inputs=inputs, outputs=dict(sorted(outputs.items())))


def _entry(path: Path) -> tuple[list[str], Any]:
    """Return the tags and the signature to convert.

    Raises:
        UnsupportedError: not a SavedModel, or none of several is the default; names them.
    """
    from tensorflow.python.saved_model.loader_impl import parse_saved_model

    try:
        saved = parse_saved_model(str(path))
    except OSError as error:
        raise UnsupportedError(f"{path}: damaged SavedModel ({error})", hint="copy or save it again") from None
    graphs = {tuple(sorted(g.meta_info_def.tags)): g for g in saved.meta_graphs}
    tags = ("serve",) if ("serve",) in graphs else _only(path, "tag set", {"+".join(t): t for t in graphs})
    signatures = {k: s for k, s in graphs[tags].signature_def.items() if not k.startswith("__")}
    chosen = _SERVING if _SERVING in signatures else _only(path, "signature", {k: k for k in signatures})
    return list(tags), signatures[chosen]


def _only(path: Path, what: str, found: Mapping[str, Any]) -> Any:
    if len(found) == 1:
        return next(iter(found.values()))
    names = ", ".join(sorted(found)) or "none"
    wanted = _SERVING if what == "signature" else "serve"
    raise UnsupportedError(f"{path}: no {what} is named {wanted!r}; there is: {names}", hint=f"save one as {wanted!r}")


def _shape(info: Any) -> list[int] | None:
    return None if info.tensor_shape.unknown_rank else [d.size for d in info.tensor_shape.dim]
