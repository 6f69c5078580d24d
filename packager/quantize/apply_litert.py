"""Whole-model integers through LiteRT's own C++ quantizer, with ranges of ours.

The quantizer takes the range of each tensor from the `min` and `max` of the float flatbuffer. It can collect them
itself, but reads a tensor after the operators behind it have run, and where ADD works in place the tensor holds the
sum by then: the ranges of ResNet's shortcuts come out up to 1.75 times too wide. Ours are written into the file.
"""

import dataclasses

import numpy as np

from packager.config.recipe import Recipe
from packager.errors import ToolError, UnsupportedError
from packager.ir import Graph, Model, QuantParams, Tensor, read_tflite_bytes, write_tflite
from packager.passes.operator_versions import OperatorVersions
from packager.quantize._contract import QuantPlan, Range
from packager.quantize.plan import DENSE
from packager.rewrite import apply_passes
from packager.util.child import call

_HINT = 'keep it in float with a rule (scheme = "float32"), or replace the operator'
_ACTIVATIONS = {"int8": ("int8", "int32", 127), "int16x8": ("int16", "int64", 32767)}
"""Scheme to the types of activations and bias, and the largest integer."""


def apply_litert(model: Model, recipe: Recipe, plan: QuantPlan) -> Model:
    """Return the integer model of a float one.

    Raises:
        UnsupportedError: an operator has no integer form, or the quantizer crashed on the model.
    """
    if len(model.graphs) > 1:
        raise UnsupportedError(
            f"{model.name}: {_control_flow(model.main)} can't be quantized to integers",
            hint="export the model without loops: unroll its recurrent layers",
        )
    activation, bias, top = _ACTIVATIONS[plan.ops[0].scheme] if plan.ops else _ACTIVATIONS["int8"]
    dense = all(op.per_channel for op in plan.ops if model.main.nodes[op.index].op in DENSE)
    ranged = _with_ranges(model, recipe, plan, top)
    types = (recipe.inputs, recipe.outputs, activation, bias)
    shapes = [list(type_.dims) for type_ in model.input_types()]
    try:
        blob = call(quantize_blob, write_tflite(ranged), shapes, types, dense)
    except ToolError as error:
        raise UnsupportedError(
            f"{model.name}: LiteRT's quantizer {str(error).removeprefix('quantize_blob ')}",
            hint="an operator of this graph breaks it; see `edgepack inspect`",
            details=error.details,
        ) from None
    except UnsupportedError as error:
        raise UnsupportedError(f"{model.name}: {_named(model.main, str(error))}", hint=error.hint) from None
    return _cleaned(read_tflite_bytes(blob, name=model.name, source=f"{model.name} (quantized)"), model)


def quantize_blob(blob: bytes, shapes: list[list[int]], types: tuple[str, str, str, str], dense: bool) -> bytes:  # noqa: FBT001 - positional through the child
    """The child's side: the binding is private to its release and takes numpy's type numbers."""
    from ai_edge_litert import _pywrap_tensorflow_lite_calibration_wrapper as binding

    inputs, outputs, activation, bias = (np.dtype(name).num for name in types)
    quantizer = binding.CalibrationWrapper(blob, [], [])
    try:
        quantizer.Prepare(shapes)
        allow_float, per_tensor = False, False
        return bytes(quantizer.QuantizeModel(inputs, outputs, allow_float, activation, bias, per_tensor, not dense))
    except (RuntimeError, ValueError) as error:
        raise UnsupportedError(" ".join(str(error).split()), hint=_HINT) from None


def _with_ranges(model: Model, recipe: Recipe, plan: QuantPlan, top: int) -> Model:
    def write(index: int, tensor: Tensor) -> Tensor:
        found = plan.ranges.get(index)
        if found is None:
            return tensor
        low, high = bounds(found, top, symmetric=recipe.symmetric_activations)
        # Scale and zero point must be there and empty: the quantizer reads them without looking.
        quant = QuantParams(minimum=(low,), maximum=(high,), has_vectors=True)
        return dataclasses.replace(tensor, type=dataclasses.replace(tensor.type, quant=quant))

    return model.with_main(model.main.with_tensors(write))


def bounds(found: Range, top: int, *, symmetric: bool) -> tuple[float, float]:
    """What the quantizer is told: the range, or for zero point 0 the one that ``-top - 1 .. top`` cover."""
    if found.low == found.high:  # a tensor that is always zero still needs a scale
        return (0.0, 1.0) if not symmetric else (-(top + 1) / top, 1.0)
    if not symmetric:
        return found.low, found.high
    largest = max(-found.low, found.high)
    return -largest * (top + 1) / top, largest


def _cleaned(quantized: Model, source: Model) -> Model:
    """Without the ranges, which served their purpose; they are a tenth of a small file."""

    def strip(_: int, tensor: Tensor) -> Tensor:
        quant = tensor.type.quant
        if quant is None or (quant.minimum is None and quant.maximum is None):
            return tensor
        bare = dataclasses.replace(quant, minimum=None, maximum=None)
        return dataclasses.replace(tensor, type=dataclasses.replace(tensor.type, quant=bare))

    cleaned = quantized.with_main(quantized.main.with_tensors(strip))
    # It gives int16 activations the versions of int8.
    return apply_passes(dataclasses.replace(cleaned, description=source.description), [OperatorVersions()])


def _named(graph: Graph, message: str) -> str:
    """The quantizer's message with the place of the operator that it names by type only."""
    for i, node in enumerate(graph.nodes):
        if f"'{node.op}'" in message:
            return f"{graph.where(i)} has no integer form: {message}"
    return message


def _control_flow(graph: Graph) -> str:
    for i, node in enumerate(graph.nodes):
        if any("subgraph" in key for key in node.attrs):
            return graph.where(i)
    return "a model of several graphs"
