"""PyTorch to ONNX, in the child."""

import io
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from packager.errors import UnsupportedError
from packager.frontends._child import Converted
from packager.frontends._shapes import Shape, check_names, static_shape
from packager.frontends._tensorflow import versions

_TOOLS = ("torch", "onnxscript")


def export_program(path: Path, given: Mapping[str, Shape]) -> Converted:  # noqa: ARG001 - ONNX has the shapes as well
    """Export a `torch.export` program. Its weights are read as plain data: `TORCH_FORCE_WEIGHTS_ONLY_LOAD` is set."""
    import torch

    program = torch.export.load(path)
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "model.onnx")
        torch.onnx.export(program, f=str(out), dynamo=True, external_data=False, verbose=False)
        return Converted(content=out.read_bytes(), tools=versions(*_TOOLS))


def export_script(path: Path, given: Mapping[str, Shape]) -> Converted:
    """Export TorchScript, which knows the names of its inputs but not their shapes.

    Raises:
        ConfigError: the shape of an input was not given.
    """
    import torch

    module = torch.jit.load(path, map_location="cpu").eval()
    names = _input_names(module, path)
    check_names(given, names, path)
    examples = tuple(torch.zeros(static_shape(name, None, given, path)) for name in names)
    out = io.BytesIO()
    torch.onnx.export(module, examples, out, dynamo=False, input_names=list(names))
    return Converted(content=out.getvalue(), tools=versions("torch"))


def _input_names(module: Any, path: Path) -> list[str]:
    arguments = module.forward.schema.arguments[1:]  # the first is the module itself
    others = [f"{a.name}: {a.type}" for a in arguments if str(a.type) != "Tensor"]
    if others:
        hint = "trace a wrapper whose arguments are tensors"
        raise UnsupportedError(f"{path}: takes more than tensors: {', '.join(others)}", hint=hint)
    return [a.name for a in arguments]
