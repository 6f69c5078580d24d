"""What the artifact itself computes: its engine on the golden inputs, held against the reference interpreter."""

import contextlib
import dataclasses
import importlib.metadata
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from packager import __version__
from packager.build.golden import Array, GoldenRun, golden_entries
from packager.bundle import Bundle, Entry
from packager.config.samples import Samples, to_integer
from packager.errors import Diagnostic, IntegrityError, Severity, ToolError, UnsupportedError
from packager.families import Job, Product
from packager.interp import reference
from packager.ir import Model
from packager.measure.engines import find_engine
from packager.measure.interface import interface_of
from packager.plan.arrangement import arranged

_DISTRIBUTIONS = {"litert": ("ai-edge-litert",), "onnxruntime": ("onnxruntime", "onnxruntime-gpu")}
"""Whose version an engine's numbers depend on, the one that is installed; other engines are EdgePack's own code."""
_RESOLVERS = {"xnnpack": "default", "integer": "reference"}
_GENERATED = {"hls": "C simulation", "c": "generated C"}
"""Engines of code that EdgePack wrote for this very model: they give the reference's integers, or the build fails."""
_LOCAL = {"c": "c-here"}
"""Variants without an emulator, which a thousand inputs would take minutes: integers are the same on every CPU."""
_OTHER = "litert"
"""Where a bundle holds it beside the engine that leads, its golden outputs are kept as well, and it stands in where
there is no C compiler."""
_FLOAT_TOLERANCE = 0.05
"""Of the largest output: a Q/DQ graph rounds in float, and a value on the edge of two integers may fall either way."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Examined:
    entries: tuple[Entry, ...]
    """The golden vectors."""
    runs: tuple[GoldenRun, ...]
    notes: tuple[Diagnostic, ...]
    outputs: tuple[Array, ...] | None
    """Real values over the samples, ``[count, ...]`` each; None where there are none or the engine is not here."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class _Staged:
    """An artifact that can be run."""

    faces: Model
    """Its inputs and outputs."""
    compute: Callable[[Sequence[Array]], tuple[Array, ...]]
    """Its outputs ``[count, ...]`` from inputs in its own types."""
    other: Callable[[Sequence[Array]], tuple[Array, ...]]
    """The same by the engine `_OTHER`."""


def examine(job: Job, product: Product, samples: Samples | None) -> Examined:
    """Run the artifact on the golden inputs and on `samples`, and the reference on the golden inputs.

    Raises:
        IntegrityError: the C simulation computes other integers than the reference interpreter.
        UnsupportedError: the engine refuses the artifact.
    """
    with _staged(job, product) as stage:
        faces = stage.faces
        inputs = native(job.golden, product.model_of(job), faces)
        runs, notes, outputs = _run(job, product, stage, samples)
    layers = []
    if _is_integer(faces):
        model = product.model_of(job)
        if missing := reference.unsupported(model):
            notes.append(_note(f"no golden layers: {missing[0].where}: {missing[0].message}", missing[0].hint))
        else:
            computed, sums = reference.run_with_checksums(model, inputs, job.arithmetic)
            runs.append(_golden(f"numpy-{job.arithmetic}", computed))
            layers = [{"index": s.index, "op": s.op, "name": s.name, "crc32": f"{s.crc32:08x}"} for s in sums]
    notes += _disagreement(runs)
    entries = golden_entries(inputs, runs, layers)
    return Examined(entries=entries, runs=tuple(runs), notes=tuple(notes), outputs=outputs)


@contextlib.contextmanager
def _staged(job: Job, product: Product) -> Iterator[_Staged]:
    """Lay the product's files out in a temporary folder, for its engine to run there."""
    bundle = Bundle(job.name, job.version, job.profile.name, artifact=product.artifact, engine=product.engine)
    bundle.add(*product.files)
    with tempfile.TemporaryDirectory(prefix="edgepack-") as name:
        folder = bundle.write(Path(name))
        run = find_engine(_LOCAL.get(product.engine) or _variant(product.engine, job.arithmetic))
        other = find_engine(_variant(_OTHER, job.arithmetic))
        yield _Staged(
            faces=interface_of(folder, bundle.manifest()),
            compute=lambda inputs: run(folder, folder / product.artifact, inputs),
            other=lambda inputs: _unless_refused(lambda: other(folder, folder / product.artifact, inputs)),
        )


def _run(
    job: Job, product: Product, stage: _Staged, samples: Samples | None
) -> tuple[list[GoldenRun], list[Diagnostic], tuple[Array, ...] | None]:
    """Run the engine once over golden inputs and samples together: starting one may mean a compiler's run.

    A model with state is run over each by itself: samples are no continuation of the golden inputs' stream.
    """
    model, faces, golden = product.model_of(job), stage.faces, job.golden.count
    parts = [native(given, model, faces) for given in (job.golden, samples) if given is not None]
    if not any(tensor.is_variable for tensor in model.main.tensors):
        parts = [_joined(parts)]
    outputs, notes = _computed(stage.compute, parts, product.engine)
    runs = [] if outputs is None else [_golden(_variant(product.engine, job.arithmetic), _head(outputs, golden))]
    if _OTHER in product.engines:
        others, more = _computed(stage.other, [native(job.golden, model, faces)] if runs else parts, _OTHER)
        notes += more
        runs += [] if others is None else [_golden(_variant(_OTHER, job.arithmetic), _head(others, golden))]
        outputs = others if outputs is None else outputs
    if samples is None or outputs is None:
        return runs, notes, None
    scored = real(tuple(output[golden:] for output in outputs), faces)
    types = model.output_types()
    return runs, notes, tuple(arranged(output, t.dims) for output, t in zip(scored, types, strict=True))


def _unless_refused(compute: Callable[[], tuple[Array, ...]]) -> tuple[Array, ...]:
    """Have a refusal of an engine that does not lead count as one that is not here."""
    try:
        return compute()
    except UnsupportedError as error:
        raise ToolError(str(error), hint=error.hint) from None


def _computed(
    compute: Callable[[Sequence[Array]], tuple[Array, ...]], parts: Sequence[tuple[Array, ...]], engine: str
) -> tuple[tuple[Array, ...] | None, list[Diagnostic]]:
    """An engine's outputs over all parts; None and a note where it can't run here."""
    try:
        return _joined([compute(part) for part in parts]), []
    except ToolError as error:
        return None, [_note(f"{engine} was not run here: {error}", error.hint)]


def _head(outputs: tuple[Array, ...], count: int) -> tuple[Array, ...]:
    return tuple(output[:count] for output in outputs)


def _joined(parts: Sequence[tuple[Array, ...]]) -> tuple[Array, ...]:
    """Arrays of several sets of samples, one set after the other."""
    return tuple(np.concatenate(each) for each in zip(*parts, strict=True))


def native(samples: Samples, model: Model, faces: Model) -> tuple[Array, ...]:
    """Return samples in the artifact's own types and layout.

    An artifact with integer inputs gets the integer model's; one with float inputs gets real values as they are given,
    not rounded to what the integer model could hold, and what integers stand for.
    """
    integers = to_integer(samples, model).arrays.values()
    arrays = []
    for given, array, own, face in zip(
        samples.arrays.values(), integers, model.input_types(), faces.input_types(), strict=True
    ):
        if face.dtype.is_float and own.is_quantized and own.quant:
            array = own.quant.dequantize(array) if given.dtype == array.dtype else given.astype(face.dtype.value)  # noqa: PLW2901 - the same values in another type
        arrays.append(arranged(array, face.dims))
    return tuple(arrays)


def real(outputs: Sequence[Array], faces: Model) -> tuple[Array, ...]:
    """Return an artifact's outputs as real values."""
    return tuple(
        type_.quant.dequantize(array) if type_.is_quantized and type_.quant else array
        for array, type_ in zip(outputs, faces.output_types(), strict=True)
    )


def _disagreement(runs: Sequence[GoldenRun]) -> list[Diagnostic]:
    return [note for have in runs[:-1] for note in _differing(have, runs[-1])]


def _differing(have: GoldenRun, want: GoldenRun) -> list[Diagnostic]:
    distance = max(int(np.abs(a.astype(np.int64) - b).max()) for a, b in zip(have.outputs, want.outputs, strict=True))
    if distance and have.engine in _GENERATED and want.engine.startswith("numpy"):
        raise IntegrityError(
            f"the {_GENERATED[have.engine]} differs from {want.engine} by up to {distance} on the golden inputs",
            hint="this is a fault of EdgePack's; please report it with the model",
        )
    return (
        [_note(f"{have.engine} and {want.engine} differ by up to {distance} on the golden inputs")] if distance else []
    )


def _golden(engine: str, outputs: tuple[Array, ...]) -> GoldenRun:
    kind, _, resolver = engine.partition("-")
    runtime, version = _runtime(kind)
    floats = [float(np.abs(o).max()) for o in outputs if o.dtype.kind == "f"]
    return GoldenRun(
        engine=engine,
        outputs=outputs,
        runtime=runtime,
        version=version,
        resolver=resolver,
        tolerance=_FLOAT_TOLERANCE * max(floats) if floats else 0,
    )


def _runtime(kind: str) -> tuple[str, str]:
    """The distribution that brought an engine, and its version."""
    for name in _DISTRIBUTIONS.get(kind, ()):
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            return name, importlib.metadata.version(name)
    return "edgepack", __version__


def _variant(engine: str, arithmetic: str) -> str:
    """LiteRT's numbers depend on the resolver: the one that computes in the bundle's arithmetic."""
    return f"litert-{_RESOLVERS[arithmetic]}" if engine == "litert" else engine


def _is_integer(faces: Model) -> bool:
    return all(t.is_quantized for t in (*faces.input_types(), *faces.output_types()))


def _note(message: str, hint: str = "") -> Diagnostic:
    return Diagnostic(severity=Severity.NOTE, message=message, hint=hint)
