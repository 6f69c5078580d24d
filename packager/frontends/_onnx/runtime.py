"""onnxruntime: what it does to a graph before running it, and its verdict on graphs that can't be run."""

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from packager.errors import UnsupportedError

# Layouts are chosen when lowering. Pad_Fusion takes zeros for the minus infinity that a maximum pool pads with, which
# changes the result (seen in onnxruntime 1.31.1).
_DISABLED = ["TransposeOptimizer", "Pad_Fusion"]


@contextlib.contextmanager
def _refusals(path: Path) -> Iterator[None]:
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    refusals = (state.Fail, state.InvalidGraph, state.InvalidArgument, state.NotImplemented, state.RuntimeException)
    try:
        yield
    except refusals as error:
        reason = str(error).split(" : ", 2)[-1].strip().splitlines()[0]
        raise UnsupportedError(
            f"{path}: onnxruntime refuses it: {reason}",
            hint="export it with standard ONNX operators",
            details=str(error),
        ) from None


def simplify(model: Any, path: Path) -> Any:
    """Return the model as onnxruntime's basic optimizations leave it.

    Standard operators only, constants folded, batch normalization and constant scales and shifts folded into
    convolutions and matrix products.

    Raises:
        UnsupportedError: onnxruntime does not take the model.
    """
    import onnx
    import onnxruntime as ort

    options = _quiet()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_BASIC
    with tempfile.TemporaryDirectory() as folder, _refusals(path):
        options.optimized_model_filepath = str(Path(folder, "simple.onnx"))
        ort.InferenceSession(
            model.SerializeToString(),
            options,
            providers=["CPUExecutionProvider"],
            disabled_optimizers=_DISABLED,
        )
        return onnx.load(options.optimized_model_filepath)


def run(model: Any, inputs: dict[str, Any], path: Path) -> list[Any]:
    """Return the model's outputs, of each operator as the file has it: the optimizer is on trial as well.

    Raises:
        UnsupportedError: onnxruntime can't run it.
    """
    import onnxruntime as ort

    options = _quiet()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    with _refusals(path):
        session = ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
        return list(session.run(None, inputs))


def _quiet() -> Any:
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.log_severity_level = 4
    return options
