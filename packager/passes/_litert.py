"""What LiteRT itself says of a graph: every shape, and the values that no input reaches."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from packager.errors import ToolError, UnsupportedError
from packager.ir import Model, write_tflite
from packager.util.child import call

Array = npt.NDArray[Any]


def propagate(model: Model, wanted: Sequence[int] = ()) -> tuple[dict[int, tuple[int, ...]], dict[int, Array]]:
    """Run the model once on zeros, in a child process.

    Returns:
        Shapes by tensor index of the main graph, and the values of the `wanted` tensors.

    Raises:
        UnsupportedError: LiteRT refuses the model or the shapes of its inputs.
    """
    try:
        shapes, values = call(run_on_zeros, write_tflite(model), tuple(wanted))
    except UnsupportedError as error:
        raise UnsupportedError(f"{model.name}: {error}", hint=error.hint) from None
    except ToolError as error:
        raise UnsupportedError(
            f"{model.name}: LiteRT can't work out the shapes of this graph: {error}",
            hint="check --input-shape, or export the model with fixed shapes",
            details=error.details,
        ) from None
    return shapes, values


def run_on_zeros(blob: bytes, wanted: tuple[int, ...]) -> tuple[dict[int, tuple[int, ...]], dict[int, Array]]:
    """The child's side of `propagate`."""
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    try:
        interpreter = Interpreter(
            model_content=blob,
            experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
            experimental_preserve_all_tensors=True,
        )
        interpreter.allocate_tensors()
        for detail in interpreter.get_input_details():
            interpreter.set_tensor(detail["index"], np.zeros(detail["shape"], detail["dtype"]))
        interpreter.invoke()
    except (RuntimeError, ValueError) as error:
        text = " ".join(str(error).split())
        raise UnsupportedError(
            f"LiteRT can't run this graph: {text}", hint="check --input-shape, or export the model with fixed shapes"
        ) from None
    shapes = {d["index"]: tuple(int(s) for s in d["shape"]) for d in interpreter.get_tensor_details()}
    return shapes, {t: interpreter.get_tensor(t) for t in wanted}
