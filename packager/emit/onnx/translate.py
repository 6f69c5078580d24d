"""From a float model and its calibrated ranges to an ONNX file."""

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from packager.emit.onnx.emission import Emission
from packager.emit.onnx.forms import find_form
from packager.emit.onnx.placement import quantized_inputs
from packager.emit.onnx.proto import OnnxGraph
from packager.errors import Diagnostic, Severity, UnsupportedError
from packager.ir import Graph, Model
from packager.quantize import Range

MIN_OPSET = 13
"""The first with per-channel DequantizeLinear."""
MAX_OPSET = 20


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Emitted:
    content: bytes
    origins: tuple[int, ...]
    """Of each node of the file, the operator of the model that it comes from; -1 for none."""


def emit_onnx(model: Model, ranges: Mapping[int, Range] | None, **how: Any) -> bytes:
    """Return the file alone; see `translate`."""
    return translate(model, ranges, **how).content


def translate(
    model: Model,
    ranges: Mapping[int, Range] | None,
    *,
    opset: int,
    quantize: bool,
    keep_float: frozenset[int] = frozenset(),
    integer_weights: bool = False,
) -> Emitted:
    """Return `model` (float, static shapes, TFLite's semantics) as an ONNX file.

    Inputs and outputs keep the model's names, shapes and float type; between them images lie channels first. With
    `quantize`, Q/DQ pairs with scales from `ranges` (by tensor index) stand where TensorRT wants them; operators whose
    index is in `keep_float` stay as they are. Weights are float behind Q/DQ, the one form that every TensorRT from 8.0
    folds; with `integer_weights` they are int8 behind DequantizeLinear, a quarter of the size, for TensorRT 10 on.

    Raises:
        UnsupportedError: an operator has no ONNX form, a range is missing, or the file would pass 2 GiB. Everything
            `unsupported` and `missing_ranges` find.
    """
    assert MIN_OPSET <= opset <= MAX_OPSET, opset
    found = [*unsupported(model), *(missing_ranges(model, ranges or {}, keep_float) if quantize else ())]
    if found:
        raise UnsupportedError.from_diagnostics(model.name, found)
    graph = model.main
    inputs, outputs = model.input_names(), tuple(_output_names(model))
    out = OnnxGraph(model.name, opset=opset, reserved=(*inputs, *outputs))
    emission = Emission(
        graph,
        out,
        ranges=ranges or {},
        quantized=quantized_inputs(graph, keep_float) if quantize else {},
        integer_weights=integer_weights,
    )
    for name, tensor in zip(inputs, graph.inputs, strict=True):
        type_ = graph.type_of(tensor)
        out.input(name, type_.dtype.value, type_.dims)
        emission.write(tensor, name)
    for index, node in enumerate(graph.nodes):
        form = find_form(node.op)
        assert form is not None, node.op
        emission.enter(index)
        form.emit(emission, node)
    out.origin = -1
    _finish(emission, outputs)
    return Emitted(content=out.serialize(), origins=tuple(out.origins))


def unsupported(model: Model) -> list[Diagnostic]:
    """Return an error for each operator or tensor that can't be expressed in ONNX."""
    return list(_problems(model.main))


def missing_ranges(
    model: Model, ranges: Mapping[int, Range], keep_float: frozenset[int] = frozenset()
) -> list[Diagnostic]:
    """Return an error for each operator that would be quantized and has an input without a range."""
    graph, found = model.main, []
    for index, positions in quantized_inputs(graph, keep_float).items():
        for tensor in (graph.nodes[index].inputs[position] for position in positions):
            if tensor not in ranges:
                message = f"no calibrated range for its input {graph.tensors[tensor].name!r}"
                found.append(_error(graph, index, message, "give calibration data"))
    return found


def _problems(graph: Graph) -> Iterator[Diagnostic]:
    for tensor in (*graph.inputs, *graph.outputs):
        type_, where = graph.type_of(tensor), repr(graph.tensors[tensor].name)
        if type_.dynamic_dims and tensor in graph.inputs:
            yield Diagnostic(
                severity=Severity.ERROR, message="has no fixed shape", where=where, hint="give --input-shape"
            )
        if type_.dtype.numpy is None:
            message = f"is of type {type_.dtype.value}, which TensorRT does not take"
            yield Diagnostic(severity=Severity.ERROR, message=message, where=where, hint="end the model before it")
    for index, node in enumerate(graph.nodes):
        form = find_form(node.op)
        if form is None:
            yield _error(graph, index, "has no ONNX form", "replace the operator, or build for another target")
            continue
        for problem in form.problems(graph, node):
            yield _error(graph, index, problem, "replace the operator, or build for another target")


def _error(graph: Graph, index: int, message: str, hint: str) -> Diagnostic:
    return Diagnostic(severity=Severity.ERROR, message=message, where=graph.where(index), hint=hint)


def _output_names(model: Model) -> Iterator[str]:
    """The tensors' names; a number is added to one that is an input as well, or that comes twice."""
    taken = set(model.input_names())
    for name in model.output_names():
        candidate, n = name, 1
        while candidate in taken:
            n += 1
            candidate = f"{name}_{n}"
        taken.add(candidate)
        yield candidate


def _finish(emission: Emission, names: tuple[str, ...]) -> None:
    """Declare the outputs and give their values the outputs' names."""
    graph, out = emission.graph, emission.out
    renamed: dict[str, str] = {}
    for name, tensor in zip(names, graph.outputs, strict=True):
        type_ = graph.type_of(tensor)
        out.output(name, type_.dtype.value, type_.dims)
        emission.prefix = graph.tensors[tensor].name
        value = emission.read(tensor)
        if value in renamed or not out.computes(value):
            out.identity(renamed.get(value, value), name)
        else:
            out.rename(value, name)
            renamed[value] = name
