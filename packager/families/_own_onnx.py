"""A Jetson bundle's ONNX file out of the user's own graph: its names, opset and layout, with Q/DQ where int8 is."""

import dataclasses
from collections.abc import Iterator

from packager.config.samples import Samples
from packager.emit.onnx.own_graph import quantize_own_graph, values_to_calibrate
from packager.errors import Diagnostic
from packager.families._contract import Job
from packager.families._sensitive import sensitive
from packager.ir import Model
from packager.plan.arrangement import arranged, is_certain
from packager.plan.onnx_graph import onnx_graph
from packager.plan.tensorrt import check_onnx
from packager.quantize.calibrate_onnx import calibrate_onnx
from packager.util.child import call

Port = tuple[str, str, tuple[int, ...]]
"""Name, type and shape."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class OwnFile:
    content: bytes
    inputs: tuple[Port, ...]
    opset: int
    notes: tuple[Diagnostic, ...] = ()


def own_graph_of(job: Job) -> bytes | None:
    """Return the user's graph where it can stand for the model that the build made of it.

    Its inputs and outputs must be that model's, and how their axes lie must be plain from their shapes. Where channels
    and image are of one size it is not, and the graph that EdgePack lowered is written instead.
    """
    content, model = job.source_onnx, job.quantized.float_model
    if content is None or model is None:
        return None
    inputs, outputs, _ = call(_ports, content)
    return content if _fits(inputs, model, outputs=False) and _fits(outputs, model, outputs=True) else None


def quantize_own(job: Job, content: bytes, *, scheme: str, integer_weights: bool) -> OwnFile:
    """Return the file for a board: the graph as it is, or with Q/DQ from ranges of its own values.

    Raises:
        UnsupportedError: onnxruntime can't run it on the calibration data.
    """
    notes: tuple[Diagnostic, ...] = ()
    if scheme == "int8":
        assert job.calibration is not None, "a model is not quantized without"
        keep = _kept(job)
        # Which nodes stay in float is not known yet where that is to be measured.
        content, values = call(values_to_calibrate, content, keep, job.recipe.sensitivity is not None)
        inputs, _, _ = call(_ports, content)
        samples = job.calibration
        given = zip(samples.arrays.values(), inputs, strict=True)
        arrays = [arranged(array, dims).astype(dtype, copy=False) for array, (_, dtype, dims) in given]
        ranges = calibrate_onnx(content, arrays, values, job.recipe.calibration, _described(samples))
        if job.recipe.sensitivity is not None:
            found = sensitive(content, ranges, arrays, job.recipe.sensitivity)
            keep, notes = keep | {kept.name for kept in found.kept}, found.notes
        content = call(quantize_own_graph, content, ranges, keep, integer_weights)
    inputs, _, opset = call(_ports, content)
    return OwnFile(content=content, inputs=tuple(inputs), opset=opset, notes=notes)


def refused_of_own(content: bytes, version: str) -> Iterator[Diagnostic]:
    """Yield what a board's parser refuses of the user's graph, or may, by the node's own name."""
    yield from call(_refused, content, version)


def _refused(content: bytes, version: str) -> list[Diagnostic]:
    return [found.diagnostic for found in check_onnx(onnx_graph(content), version)]


def _kept(job: Job) -> frozenset[str]:
    """Results of the operators that the recipe keeps in float; a lowered operator bears its ONNX value's name."""
    plan = job.quantized.plan
    return frozenset(op.name for op in plan.ops if op.scheme != "int8") if plan is not None else frozenset()


def _fits(ports: list[Port], model: Model, *, outputs: bool) -> bool:
    types = model.output_types() if outputs else model.input_types()
    return len(ports) == len(types) and all(
        dtype == t.dtype.value and is_certain(_one(dims), t.dims)
        for (_, dtype, dims), t in zip(ports, types, strict=True)
    )


def _one(dims: tuple[int, ...]) -> tuple[int, ...]:
    """A batch of 1 where it is open: exporters name an output's batch though the input's is fixed."""
    return (1, *dims[1:]) if dims[:1] == (-1,) else dims


def _described(samples: Samples) -> str:
    return f"{samples.count} {'inputs' if samples.trusted else 'random inputs'}"


def _ports(content: bytes) -> tuple[list[Port], list[Port], int]:
    """Inputs, outputs and opset of a file; in a child, for the file is a user's."""
    import onnx

    model = onnx.load_model_from_string(content)
    constants = {tensor.name for tensor in model.graph.initializer}
    opset = max((o.version for o in model.opset_import if o.domain in ("", "ai.onnx")), default=1)
    inputs = [_port(port) for port in model.graph.input if port.name not in constants]
    return inputs, [_port(port) for port in model.graph.output], opset


def _port(value: object) -> Port:
    from onnx import ValueInfoProto, helper

    assert isinstance(value, ValueInfoProto)
    tensor = value.type.tensor_type
    dims = tuple(d.dim_value if d.HasField("dim_value") else -1 for d in tensor.shape.dim)
    return value.name, helper.tensor_dtype_to_np_dtype(tensor.elem_type).name, dims
