"""Jetson: an ONNX file as TensorRT takes it, and scripts that build the engine on the device."""

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet

from packager.bundle import Entry
from packager.config.profile import Profile, TensorRt
from packager.emit.onnx import MIN_OPSET, Emitted, missing_ranges, translate, unsupported
from packager.emit.onnx.own_graph import values_to_calibrate
from packager.errors import Diagnostic, Severity
from packager.families._contract import Family, Job, Product
from packager.families._jetson_runtime import PRECISION, runtime_files
from packager.families._own_onnx import OwnFile, Port, own_graph_of, quantize_own, refused_of_own
from packager.families._sensitive import sensitive
from packager.figure import Layer, Place
from packager.ir import Model
from packager.plan.latency import LatencyEstimate, estimate_costs
from packager.plan.onnx_cost import NodeCost, onnx_cost
from packager.plan.onnx_graph import onnx_graph
from packager.plan.onnx_sparsity import sparse_nodes
from packager.plan.sparsity import sparse_layers
from packager.plan.tensorrt import check_onnx
from packager.quantize import Range
from packager.quantize.calibrate_onnx import calibrate_onnx
from packager.quantize.dequantize import dequantize
from packager.util.child import call

OPSET = MIN_OPSET
"""The lowest with per-channel DequantizeLinear, and all that the operators need: TensorRT reads it from 8.0 on."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class _Source:
    """What the ONNX file is made from."""

    model: Model
    ranges: Mapping[int, Range]
    scheme: str
    """``int8``, ``float16`` or ``float32``."""
    keep_float: frozenset[int]
    notes: tuple[Diagnostic, ...]


class Jetson:
    """The family `jetson`."""

    def check(self, job: Job) -> Iterable[Diagnostic]:
        trt = job.profile.tensorrt
        if trt is None:
            yield _diagnostic(Severity.ERROR, "the profile has no [tensorrt] table", "add it to the target's file")
            return
        if trt.max_opset < OPSET:
            message = (
                f"TensorRT {trt.version} reads ONNX up to opset {trt.max_opset}, and quantized models need {OPSET}"
            )
            yield _diagnostic(Severity.ERROR, message, "update JetPack to 4.6 or newer")
            return
        if job.recipe.scheme not in PRECISION:
            message = f"TensorRT has no {job.recipe.scheme!r} arithmetic"
            yield _diagnostic(Severity.ERROR, message, "choose a recipe of scheme int8, float16 or float32")
            return
        source = _source(job, trt)
        yield from source.notes
        if (own := own_graph_of(job)) is not None:
            yield from refused_of_own(own, trt.version)
            return
        found = list(unsupported(source.model))
        if source.scheme == "int8":
            found += missing_ranges(source.model, source.ranges, source.keep_float)
        yield from found or _refused(job, _emitted(job, source, trt), source.model, trt)

    def emit(self, job: Job) -> Product:
        trt = job.profile.tensorrt
        assert trt is not None, "check comes first"
        source = _source(job, trt)
        if (own := own_graph_of(job)) is not None:
            made = quantize_own(job, own, scheme=source.scheme, integer_weights=_takes_integer_weights(trt))
            origins: tuple[int, ...] | None = None
            found = refused_of_own(made.content, trt.version)
        else:
            source = _with_sensitive(source, job)
            emitted = _emitted(job, source, trt)
            origins = emitted.origins
            made = OwnFile(content=emitted.content, inputs=tuple(_inputs(source.model)), opset=OPSET)
            found = _refused(job, emitted, source.model, trt)
        model = Entry(path="model/model.onnx", content=made.content, role="model")
        costs, sparse = job.once.get(("studied", made.content), lambda: call(_studied, made.content))
        lost = _lost(source.model, {origins[node] for node in sparse}) if origins and trt.sparse_2_4 else ()
        estimate = _estimate(costs, job.profile, source.scheme)
        return Product(
            files=(model, *runtime_files(job, trt, source.scheme, made, sparse=len(sparse) if trt.sparse_2_4 else 0)),
            artifact=model.path,
            engine="onnxruntime",
            default=Place.GPU,
            figures=estimate.figures() if estimate else (),
            layers=tuple(_layers(costs, estimate.per_op_ms if estimate else {})),
            diagnostics=(*source.notes, *made.notes, *found, *lost),
        )


def _estimate(costs: Iterable[NodeCost], profile: Profile, scheme: str) -> LatencyEstimate | None:
    floats = "float32" if scheme == "float32" else "float16"
    return estimate_costs((row.cost for row in costs), profile, floats) if profile.latency else None


def _studied(content: bytes) -> tuple[tuple[NodeCost, ...], tuple[int, ...]]:
    """What each node costs, and which have 2:4 sparse weights; in a child, for the file may be a user's."""
    return onnx_cost(onnx_graph(content)), sparse_nodes(content)


def _lost(model: Model, kept: AbstractSet[int]) -> Iterator[Diagnostic]:
    """Warn of each layer of a float model whose 2:4 sparse weights are no more so in its file."""
    for index in sparse_layers(model.main):
        if index not in kept:
            where = model.main.where(index)
            message = "its weights are 2:4 sparse, and in the ONNX file they are not: TensorRT runs a dense kernel"
            hint = "this is a fault of EdgePack's; please report it with the model"
            yield Diagnostic(severity=Severity.WARNING, where=where, message=message, hint=hint)


def _layers(costs: Iterable[NodeCost], latencies: Mapping[int, float]) -> Iterator[Layer]:
    for row in costs:
        yield Layer(
            index=row.cost.index,
            name=row.name,
            op=row.cost.op,
            bytes=row.cost.constant_bytes,
            macs=row.cost.macs,
            placement=Place.GPU,
            reason=row.reason,
            latency_ms=latencies.get(row.cost.index),
        )


def _inputs(model: Model) -> Iterator[Port]:
    for name, type_ in zip(model.input_names(), model.input_types(), strict=True):
        yield name, type_.dtype.value, type_.dims


def _source(job: Job, trt: TensorRt) -> _Source:
    quantized = job.quantized
    if quantized.float_model is None:
        model, ranges = dequantize(quantized.model)
    else:
        model, ranges = quantized.float_model, dict(quantized.ranges)
    scheme, notes = job.recipe.scheme, []
    if scheme == "int8" and not trt.int8:
        scheme = "float16"
        message = f"no int8 on a GPU of compute capability {trt.compute_capability}: built in float16 instead"
        notes.append(_diagnostic(Severity.NOTE, message, ""))
    planned = quantized.plan.ops if quantized.plan is not None and quantized.float_model is not None else ()
    return _Source(
        model=model,
        ranges=ranges,
        scheme=scheme,
        keep_float=frozenset(op.index for op in planned if op.scheme != "int8"),
        notes=tuple(notes),
    )


def _with_sensitive(source: _Source, job: Job) -> _Source:
    """The source with the operators that the recipe's sensitivity keeps in float16; measured on its float file."""
    how = job.recipe.sensitivity
    if how is None or source.scheme != "int8":
        return source
    if job.calibration is None:
        message = "no layer stays in float16: without calibration inputs there is nothing to measure them on"
        return dataclasses.replace(source, notes=(*source.notes, _diagnostic(Severity.NOTE, message, "")))
    plain = translate(source.model, None, opset=OPSET, quantize=False)
    content, values = call(values_to_calibrate, plain.content, frozenset[str]())
    arrays = list(job.calibration.arrays.values())
    ranges = calibrate_onnx(content, arrays, values, job.recipe.calibration, f"{job.calibration.count} inputs")
    found = sensitive(content, ranges, arrays, how)
    kept = frozenset(plain.origins[one.node] for one in found.kept)
    return dataclasses.replace(source, keep_float=source.keep_float | kept, notes=(*source.notes, *found.notes))


def _emitted(job: Job, source: _Source, trt: TensorRt) -> Emitted:
    integers = _takes_integer_weights(trt)
    return job.once.get(
        ("ONNX", source.scheme, source.keep_float, integers),
        lambda: translate(
            source.model,
            source.ranges,
            opset=OPSET,
            quantize=source.scheme == "int8",
            keep_float=source.keep_float,
            integer_weights=integers,
        ),
    )


def _refused(job: Job, emitted: Emitted, model: Model, trt: TensorRt) -> Iterator[Diagnostic]:
    """Yield what the board's ONNX parser refuses of the file, or may, by the operator that it comes from."""
    graph = model.main

    def check() -> Iterator[Diagnostic]:
        for found in check_onnx(onnx_graph(emitted.content), trt.version):
            origin = emitted.origins[found.node]
            where = found.diagnostic.where
            yield dataclasses.replace(
                found.diagnostic, where=f"{graph.where(origin)}, in ONNX {where}" if origin >= 0 else where
            )

    yield from job.once.get(("refused of", emitted.content, trt.version), lambda: tuple(check()))


def _takes_integer_weights(trt: TensorRt) -> bool:
    """TensorRT 8 refuses int8 constants ("invalid weights type of Int8"); 10 documents them."""
    return int(trt.version.split(".")[0]) >= 10


def _diagnostic(severity: Severity, message: str, hint: str) -> Diagnostic:
    return Diagnostic(severity=severity, message=message, hint=hint)


FAMILY: Family = Jetson()
