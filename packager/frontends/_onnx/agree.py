"""Whether a converted graph computes what the ONNX graph computes: both run once on the same numbers."""

import dataclasses
import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from packager.frontends._onnx import runtime
from packager.frontends._onnx.value import to_last
from packager.ir import read_tflite_bytes

Array = npt.NDArray[Any]
RELATIVE = 1e-3
"""Of the largest output: float sums in another order differ by far less, a wrong axis or padding by far more."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """One input and what onnxruntime makes of it."""

    inputs: tuple[Array, ...]
    outputs: tuple[Array, ...]


def evidence(model: Any, path: Path) -> Evidence:
    """Run a `ModelProto` of static shapes on normal random numbers, integers being zero, for they may be indices.

    Raises:
        UnsupportedError: onnxruntime can't run it.
    """
    from onnx.helper import tensor_dtype_to_np_dtype

    random = np.random.default_rng(0)
    weights = {t.name for t in model.graph.initializer}
    inputs = {}
    for info in model.graph.input:
        if info.name not in weights:
            tensor = info.type.tensor_type
            shape, dtype = [d.dim_value for d in tensor.shape.dim], tensor_dtype_to_np_dtype(tensor.elem_type)
            is_float = np.issubdtype(dtype, np.floating)
            inputs[info.name] = random.standard_normal(shape).astype(dtype) if is_float else np.zeros(shape, dtype)
    outputs = runtime.run(model, inputs, path)
    return Evidence(inputs=tuple(inputs.values()), outputs=tuple(np.asarray(y) for y in outputs))


def disagreement(known: Evidence, tflite: bytes) -> str:
    """Return how a conversion differs as half a sentence, empty where it agrees.

    Inputs and outputs pair up in order; tensors of rank 3 and more may have their channels last.
    """
    found = "its inputs have other shapes"
    for inputs in _arrangements(known.inputs, tflite):
        outputs = _run(tflite, inputs)
        found = outputs if isinstance(outputs, str) else _difference(known.outputs, outputs)
        if not found:
            return ""
    return found


def _run(tflite: bytes, inputs: Sequence[Array]) -> list[Array] | str:
    from ai_edge_litert.interpreter import Interpreter

    try:
        interpreter = Interpreter(model_content=tflite)
        interpreter.allocate_tensors()
        for detail, array in zip(interpreter.get_input_details(), inputs, strict=True):
            interpreter.set_tensor(detail["index"], array.astype(detail["dtype"]))
        interpreter.invoke()
    except (RuntimeError, ValueError) as error:
        return f"LiteRT says {str(error).strip().splitlines()[0][:160]}"
    return [interpreter.get_tensor(d["index"]) for d in interpreter.get_output_details()]


def _arrangements(inputs: Sequence[Array], tflite: bytes) -> Iterator[list[Array]]:
    """Yield the inputs as the conversion may want them: channels last, or as they are, wherever the shape fits."""
    shapes = [t.dims for t in read_tflite_bytes(tflite).input_types()]
    if len(shapes) != len(inputs):
        return
    fitting = [[a for a in _layouts(x) if a.shape == shape] for x, shape in zip(inputs, shapes, strict=True)]
    yield from (list(choice) for choice in itertools.product(*fitting))


def _layouts(array: Array) -> list[Array]:
    return [array.transpose(to_last(array.ndim)), array] if array.ndim > 2 else [array]


def _difference(wanted: Sequence[Array], got: Sequence[Array]) -> str:
    if len(wanted) != len(got):
        return f"it has {len(got)} outputs instead of {len(wanted)}"
    worst = 0.0
    for ours, theirs in zip(wanted, got, strict=True):
        errors = [_error(a, theirs) for a in _layouts(ours) if a.shape == theirs.shape]
        if not errors:
            return f"an output is {theirs.shape} instead of {ours.shape}"
        worst = max(worst, min(errors))
    return "" if worst <= RELATIVE else f"its outputs differ by {worst:.2g} of the largest"


def _error(wanted: Array, got: Array) -> float:
    """Return the largest difference over the largest magnitude, both where `wanted` is finite."""
    finite = np.isfinite(wanted)
    wanted, got = wanted[finite].astype(np.float64), got[finite].astype(np.float64)
    if not np.isfinite(got).all():
        return float("inf")
    scale = float(np.abs(wanted).max(initial=0)) or 1.0
    return float(np.abs(wanted - got).max(initial=0)) / scale
