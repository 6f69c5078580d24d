"""From a file to a model of static shapes: parse, check, fix shapes."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from packager.errors import UnsupportedError
from packager.frontends._file import AGAIN
from packager.frontends._shapes import Shape, check_names, static_shape

_BESIDE = "an ONNX model's weights lie beside it; copy them along, or save the model as one file"
_QUANTIZED = ("QuantizeLinear", "DequantizeLinear", "DynamicQuantizeLinear", "MatMulInteger", "ConvInteger")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Loaded:
    model: Any
    """The `ModelProto`, all weights in it."""
    beside: tuple[str, ...]
    """The files that weights came from, relative to the model's folder."""


def load(path: Path, content: bytes | None = None) -> Loaded:
    """Parse and check a model, external weights brought in; `content` stands in for the file where given.

    Raises:
        UnsupportedError: damaged, invalid, already quantized, or with weights outside the model's own folder.
    """
    import onnx
    from google.protobuf.message import DecodeError  # type: ignore[import-untyped]  # protobuf ships no types

    try:
        model = onnx.load_model_from_string(path.read_bytes() if content is None else content)
    except DecodeError as error:
        raise UnsupportedError(f"{path}: damaged ONNX file ({error})", hint=AGAIN) from None
    beside = _external_files(model, path)
    try:
        onnx.load_external_data_for_model(model, str(path.parent))
        onnx.checker.check_model(model)
    except (onnx.checker.ValidationError, ValueError, OSError) as error:
        reason = (str(error).strip().splitlines() or ["unknown"])[0]
        raise UnsupportedError(f"{path}: not a valid ONNX model: {reason}", hint=AGAIN, details=str(error)) from None
    quantized = sorted({n.op_type for n in model.graph.node if n.op_type in _QUANTIZED or "QLinear" in n.op_type})
    if quantized:
        raise UnsupportedError(
            f"{path}: already quantized ({', '.join(quantized)})", hint="give the float model; EdgePack quantizes it"
        )
    return Loaded(model=model, beside=beside)


def _external_files(model: Any, path: Path) -> tuple[str, ...]:
    """Return the files that a model names for its weights.

    Raises:
        UnsupportedError: one lies outside the model's folder, or is missing.
    """
    folder = path.parent.resolve()
    named = sorted({e.value for t in model.graph.initializer for e in t.external_data if e.key == "location"})
    for location in named:
        file = (folder / location).resolve()
        if Path(location).is_absolute() or not file.is_relative_to(folder):
            raise UnsupportedError(f"{path}: its weights are said to lie in {location!r}, elsewhere", hint=_BESIDE)
        if not file.is_file():
            raise UnsupportedError(f"{path}: its weights, {location!r}, are missing", hint=_BESIDE)
    return tuple(named)


def fix_shapes(model: Any, given: Mapping[str, Shape], path: Path) -> Any:
    """Return a copy whose inputs have static shapes and a batch of 1.

    Raises:
        ConfigError: a dynamic dimension besides the batch was not given.
    """
    import onnx

    fixed = onnx.ModelProto()
    fixed.CopyFrom(model)
    weights = {t.name for t in fixed.graph.initializer}
    inputs = [i for i in fixed.graph.input if i.name not in weights]
    check_names(given, [i.name for i in inputs], path)
    for info in inputs:
        tensor = info.type.tensor_type
        shape = static_shape(info.name, _declared(tensor), given, path)
        del tensor.shape.dim[:]
        for size in shape:
            tensor.shape.dim.add().dim_value = size
    # What the file says of other tensors was said of the dynamic shapes; it is inferred anew.
    del fixed.graph.value_info[:]
    for info in fixed.graph.output:
        info.type.tensor_type.ClearField("shape")
    return fixed


def _declared(tensor: Any) -> list[int | None] | None:
    if not tensor.HasField("shape"):
        return None
    return [d.dim_value if d.HasField("dim_value") else None for d in tensor.shape.dim]
