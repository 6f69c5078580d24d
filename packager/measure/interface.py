"""The inputs and outputs of a bundle's artifact: names, types, shapes, quantization."""

from pathlib import Path
from typing import TYPE_CHECKING

from packager.bundle import Manifest
from packager.errors import ConfigError, UnsupportedError
from packager.ir import DType, GraphBuilder, Model, read_tflite
from packager.util import child

if TYPE_CHECKING:
    import onnx

Port = tuple[str, str, tuple[int, ...]]
"""Name, numpy type, shape."""


def interface_of(folder: Path, manifest: Manifest) -> Model:
    """Return a model whose inputs and outputs are those of the artifact; its graph may be empty.

    An artifact that is neither `.tflite` nor `.onnx` holds the integers of the `.tflite` model beside it, and takes and
    gives what that does.

    Raises:
        ConfigError: the bundle names no artifact, or nothing in it describes the artifact.
    """
    if not manifest.artifact:
        raise ConfigError(f"{folder} names no artifact to run", hint="build the bundle again")
    if manifest.artifact.endswith(".onnx"):
        return _onnx(folder / manifest.artifact)
    models = [record.path for record in manifest.files if record.path.endswith(".tflite")]
    path = manifest.artifact if manifest.artifact in models else next(iter(models), "")
    if not path:
        raise ConfigError(
            f"{folder}: nothing says what {manifest.artifact} takes", hint="a .tflite model in the bundle would"
        )
    return read_tflite(folder / path)


def _onnx(path: Path) -> Model:
    inputs, outputs = child.call(_onnx_ports, str(path))
    builder = GraphBuilder()
    for name, dtype, shape in inputs:
        builder.input(name, shape, DType(dtype))
    return builder.model([builder.tensor(name, shape, DType(dtype)) for name, dtype, shape in outputs])


def _onnx_ports(path: str) -> tuple[list[Port], list[Port]]:
    import onnx
    from google.protobuf.message import DecodeError  # type: ignore[import-untyped]  # protobuf ships no types

    try:
        graph = onnx.load(path, load_external_data=False).graph
    except DecodeError as error:
        raise UnsupportedError(f"{path} is no ONNX model: {error}") from None
    constants = {tensor.name for tensor in graph.initializer}
    return [_port(v) for v in graph.input if v.name not in constants], [_port(v) for v in graph.output]


def _port(value: "onnx.ValueInfoProto") -> Port:
    import onnx

    tensor = value.type.tensor_type
    dims = tuple(d.dim_value if d.HasField("dim_value") else 1 for d in tensor.shape.dim)
    return value.name, onnx.helper.tensor_dtype_to_np_dtype(tensor.elem_type).name, dims
