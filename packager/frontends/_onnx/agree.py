"""Whether a converted graph computes what the ONNX graph computes: both run once on the same numbers."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from packager.frontends._onnx.value import to_last

Array = npt.NDArray[Any]
RELATIVE = 1e-3
"""Of the largest output: float sums in another order differ by far less, a wrong axis or padding by far more."""


def disagreement(model: Any, tflite: bytes) -> str:
    """Return how the two differ as half a sentence, empty where they agree; inputs and outputs pair up in order.

    Args:
        model: The `ModelProto`, of static shapes.
        tflite: Its conversion; tensors of rank 3 and more may have their channels last.
    """
    inputs = _inputs(model)
    wanted = _run_onnx(model, inputs)
    best = "its inputs or outputs have other shapes"
    for given in _arrangements(list(inputs.values()), tflite):
        got = _run_tflite(tflite, given)
        found = _difference(wanted, got)
        if not found:
            return ""
        best = found
    return best


def _inputs(model: Any) -> dict[str, Array]:
    """Return one input each: normal random numbers, zeros for integers, which may be indices."""
    from onnx.helper import tensor_dtype_to_np_dtype

    random = np.random.default_rng(0)
    weights = {t.name for t in model.graph.initializer}
    found = {}
    for info in model.graph.input:
        if info.name not in weights:
            tensor = info.type.tensor_type
            shape, dtype = [d.dim_value for d in tensor.shape.dim], tensor_dtype_to_np_dtype(tensor.elem_type)
            is_float = np.issubdtype(dtype, np.floating)
            found[info.name] = random.standard_normal(shape).astype(dtype) if is_float else np.zeros(shape, dtype)
    return found


def _run_onnx(model: Any, inputs: Mapping[str, Array]) -> list[Array]:
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.log_severity_level = 4
    session = ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return [np.asarray(y) for y in session.run(None, dict(inputs))]


def _run_tflite(tflite: bytes, inputs: Sequence[Array]) -> list[Array]:
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=tflite)
    interpreter.allocate_tensors()
    for detail, array in zip(interpreter.get_input_details(), inputs, strict=True):
        interpreter.set_tensor(detail["index"], array.astype(detail["dtype"]))
    interpreter.invoke()
    return [interpreter.get_tensor(d["index"]) for d in interpreter.get_output_details()]


def _arrangements(inputs: Sequence[Array], tflite: bytes) -> Iterator[list[Array]]:
    """Yield the inputs as the converted graph may want them: channels last, and as they are, where the shape fits."""
    from packager.ir import read_tflite_bytes

    shapes = [t.dims for t in read_tflite_bytes(tflite).input_types()]
    if len(shapes) != len(inputs):
        return
    choices = []
    for array, shape in zip(inputs, shapes, strict=True):
        both = [array.transpose(to_last(array.ndim)), array] if array.ndim > 2 else [array]
        choices.append([a for a in both if a.shape == shape])
    yield from (list(c) for c in itertools.product(*choices))


def _difference(wanted: Sequence[Array], got: Sequence[Array]) -> str:
    if len(wanted) != len(got):
        return f"it has {len(got)} outputs instead of {len(wanted)}"
    worst = 0.0
    for ours, theirs in zip(wanted, got, strict=True):
        both = [ours.transpose(to_last(ours.ndim)), ours] if ours.ndim > 2 else [ours]
        fits = [float(np.abs(a - theirs).max(initial=0)) for a in both if a.shape == theirs.shape]
        if not fits:
            return f"an output is {theirs.shape} instead of {ours.shape}"
        scale = float(np.abs(ours).max(initial=0)) or 1.0
        worst = max(worst, min(fits) / scale)
    return "" if worst <= RELATIVE else f"its outputs differ by {worst:.2g} of the largest"
