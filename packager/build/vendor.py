"""What compilers add to an artifact: a C compiler for the target, a vendor's own; where one is missing, a note."""

import dataclasses
from collections.abc import Iterable, Iterator, Mapping

from packager.build.compiled import with_compiled
from packager.build.simulated import with_simulated
from packager.bundle import Entry
from packager.config.edgetpu import load_edgetpu_compiler
from packager.errors import Diagnostic, Severity
from packager.families import Job, Product
from packager.figure import Figure
from packager.ir import read_tflite_bytes
from packager.measure.edgetpu import PROGRAM, compile_edgetpu, findings
from packager.plan.edgetpu import predict_mapping
from packager.plan.edgetpu_executable import CompiledModel, read_compiled

_COMPILED = "model/model_edgetpu.tflite"
_SIZES = ("edgetpu.cached.bytes", "edgetpu.streamed.bytes")
_TOLERANCE = 0.1
"""Of the parameters in all: what the size formulas promise; a prediction farther off is told."""


def complete(job: Job, product: Product) -> Product:
    """Return the product with what a C compiler, a timed simulation and the vendor's compiler add.

    Raises:
        ToolError: a compiler is here and refused the artifact or the sources.
        UnsupportedError: code and constants, compiled, exceed the board's flash.
        IntegrityError: a compiled layer computes other integers than the reference interpreter, or a design locks up.
    """
    product = with_simulated(job, with_compiled(job, product))
    tpu = job.profile.edgetpu
    if tpu is None:
        return product
    artifact = next(entry for entry in product.files if entry.path == product.artifact)
    compiled = compile_edgetpu(artifact.content, min_runtime=tpu.min_runtime)
    if compiled is None:
        note = Diagnostic(
            severity=Severity.NOTE,
            message=f"{PROGRAM} is not on PATH, so the mapping is a prediction and {_COMPILED} was not made",
            hint=f"{PROGRAM} -s -m {tpu.min_runtime} model.tflite makes it, on x86-64 Linux",
        )
        return dataclasses.replace(product, diagnostics=(*product.diagnostics, note))
    model = product.model_of(job)
    inside = read_compiled(read_tflite_bytes(compiled.model, source=_COMPILED))
    measured = {f.name: f for f in (*compiled.figures(), *(inside.figures() if inside else ()))}
    predicted = predict_mapping(model, load_edgetpu_compiler(tpu.compiler))
    return dataclasses.replace(
        product,
        files=(*product.files, Entry(path=_COMPILED, content=compiled.model, role="model")),
        figures=(*product.figures, *measured.values()),
        diagnostics=(
            *product.diagnostics,
            *findings(compiled, model, predicted),
            *_surprises(product.figures, measured),
            *_runtime(inside, tpu.min_runtime),
        ),
        tools=(*product.tools, (PROGRAM, compiled.version)),
    )


def _surprises(predicted: Iterable[Figure], measured: Mapping[str, Figure]) -> Iterator[Diagnostic]:
    """Yield where parameters were predicted in another memory, or in another size, than the compiled file has them."""
    guess = {f.name: f.value for f in predicted}
    total = sum(measured[name].value for name in _SIZES if name in measured)
    for name in _SIZES:
        if name in guess and name in measured and abs(guess[name] - measured[name].value) > _TOLERANCE * total:
            yield Diagnostic(
                severity=Severity.WARNING,
                where=name,
                message=f"{guess[name]:,.0f} B were predicted, the compiled file has {measured[name].value:,.0f} B",
                hint="the compiled file is right; latency was estimated from the prediction",
            )


def _runtime(compiled: CompiledModel | None, asked: int) -> Iterator[Diagnostic]:
    if compiled and compiled.min_runtime > asked:
        yield Diagnostic(
            severity=Severity.WARNING,
            message=f"the compiled file needs libedgetpu's runtime {compiled.min_runtime}, the target has {asked}",
            hint="install a newer libedgetpu on the device",
        )
