"""What a C runtime takes on its device, where a compiler for the device's CPU is here; where not, a note."""

import dataclasses
import tempfile
from pathlib import Path

from packager.bundle import Bundle
from packager.errors import Diagnostic, Severity, UnsupportedError
from packager.families import Job, Product
from packager.figure import Basis, Figure
from packager.measure.c import RUNTIME
from packager.measure.cross import cross_compiler, sections_of


def with_compiled_size(job: Job, product: Product) -> Product:
    """Return the product with the sizes of its C sources compiled for the target.

    Raises:
        ToolError: the compiler refuses the sources.
        UnsupportedError: code and constants exceed the board's flash.
    """
    cpu = job.profile.cpu
    compiler = cross_compiler(cpu) if cpu else None
    if cpu is None or compiler is None:
        note = Diagnostic(
            severity=Severity.NOTE,
            message="bytes on the device are not known: no C compiler for its CPU is here",
            hint="`pip install ziglang` brings one",
        )
        return dataclasses.replace(product, diagnostics=(*product.diagnostics, note))
    bundle = Bundle(job.name, job.version, job.profile.name, artifact=product.artifact, engine=product.engine)
    bundle.add(*product.files)
    with tempfile.TemporaryDirectory(prefix="edgepack-") as folder:
        found = sections_of(bundle.write(Path(folder)) / RUNTIME, cpu)
    version = compiler.version()
    total, code = sum(sections.flash for sections in found.values()), found["model.c"].flash
    _refuse(job, total)
    how = f"compiled with -Os for {cpu.core} by {compiler.name} {version}, not linked"
    figures = (
        _bytes("runtime.bytes", code, f"code and tables of model.c, {how}"),
        _bytes("deploy.bytes", total, f"model.c and model_weights.c, {how}; the firmware's own libc aside"),
    )
    return dataclasses.replace(
        product, figures=(*product.figures, *figures), tools=(*product.tools, (compiler.name, version))
    )


def _refuse(job: Job, total: int) -> None:
    flash = job.profile.memory.flash_bytes
    if flash is not None and total > flash:
        raise UnsupportedError(
            f"{job.profile.name}: code and constants take {total:,} B, the board has {flash:,} B of flash",
            hint="take a smaller model, or a board with more: `edgepack targets`",
        )


def _bytes(name: str, value: int, source: str) -> Figure:
    return Figure(name=name, value=value, unit="B", basis=Basis.MEASURED, source=source)
