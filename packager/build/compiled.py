"""What a bundle's C runtime becomes on its device, where a compiler for the device's CPU is here; where not, a note."""

import contextlib
import dataclasses
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from packager.bundle import Bundle, Entry
from packager.errors import Diagnostic, IntegrityError, Severity, ToolError, UnsupportedError
from packager.families import Job, Product, family_of
from packager.figure import Basis, Figure
from packager.measure.c import RUNTIME, selftest
from packager.measure.cross import sections_of
from packager.measure.elf import Sections
from packager.measure.prebuilt import FOLDER, RUNNER, SELFTEST, SHARED, Prebuilt, emulator_for, prebuild
from packager.plan.cost import cost_of

LARGE = 4 << 20
"""Bytes of constants above which the bundle holds one compiled form of the model instead of four: each holds them."""
_EMULATED = 1e8
"""Multiply-accumulates up to which the self-test runs under an emulator: some seconds at most."""


def with_compiled(job: Job, product: Product) -> Product:
    """Return the product with its C sources compiled for the target: libraries, a runner, their sizes.

    Raises:
        ToolError: the compiler refuses the sources, or what it made of them crashes.
        UnsupportedError: code and constants exceed the board's flash.
        IntegrityError: a compiled layer computes other integers than the reference interpreter.
    """
    cpu = job.profile.cpu
    if cpu is None or not any(entry.path == f"{RUNTIME}/model.c" for entry in product.files):
        return product
    with _staged(job, product) as source:
        made = prebuild(source, cpu)
        if made is None and product.engine == "c" and "litert" in product.engines:
            product = family_of(job.profile).emit(_led_by_litert(job))
            return _noted(product, "LiteRT leads, not the C runtime: no C compiler for the target's CPU is here")
        if made is None:
            return _noted(product, "the C runtime comes as sources: no C compiler for the target's CPU is here")
        if job.profile.memory.flash_bytes is not None:
            return _firmware(job, product, made, sections_of(source, cpu))
        constants = (source / "model_weights.bin").stat().st_size
    product = _linux(product, made, constants)
    return _proved(job, product, made) if SELFTEST in made.files else product


def _led_by_litert(job: Job) -> Job:
    return dataclasses.replace(job, profile=dataclasses.replace(job.profile, engine="litert"))


@contextlib.contextmanager
def _staged(job: Job, product: Product) -> Iterator[Path]:
    """The sources in a temporary folder, for a compiler."""
    bundle = Bundle(job.name, job.version, job.profile.name)
    bundle.add(*(entry for entry in product.files if entry.path.startswith(f"{RUNTIME}/")))
    with tempfile.TemporaryDirectory(prefix="edgepack-") as folder:
        yield bundle.write(Path(folder)) / RUNTIME


def _firmware(job: Job, product: Product, made: Prebuilt, found: Mapping[str, Sections]) -> Product:
    """A static library, and what of it lands in flash."""
    assert job.profile.cpu is not None, "there was a compiler for it"
    total, code = sum(sections.flash for sections in found.values()), found["model.c"].flash
    flash = job.profile.memory.flash_bytes
    if flash is not None and total > flash:
        raise UnsupportedError(
            f"{job.profile.name}: code and constants take {total:,} B, the board has {flash:,} B of flash",
            hint="take a smaller model, or a board with more: `edgepack targets`",
        )
    how = f"compiled with -Os for {job.profile.cpu.core} by {made.compiler} {made.version}, not linked"
    figures = (
        _bytes("runtime.bytes", code, f"code and tables of model.c, {how}"),
        _bytes("deploy.bytes", total, f"model.c and model_weights.c, {how}; the firmware's own libc aside"),
    )
    return _taken_in(product, made, made.files, figures)


def _linux(product: Product, made: Prebuilt, constants: int) -> Product:
    """Two libraries and two runners; of a large model the one that the bundle's engine takes."""
    files = dict(made.files)
    if constants > LARGE:
        left_out = {SHARED if product.engine == "c" else RUNNER, SELFTEST, "libmodel.a"}
        files = {name: content for name, content in files.items() if name not in left_out}
    size = len(made.files[RUNNER])
    how = f"{made.how} by {made.compiler} {made.version}, static, without a C library"
    alone = _bytes("c.deploy.bytes", size, f"the runner of runtime/c, constants included, {how}")
    return _taken_in(product, made, files, (alone,) if product.engine != "c" else ())


def _taken_in(product: Product, made: Prebuilt, files: Mapping[str, bytes], figures: tuple[Figure, ...]) -> Product:
    entries = tuple(_entry(name, content, product.engine) for name, content in files.items())
    return dataclasses.replace(
        product,
        files=(*product.files, *entries),
        figures=(*product.figures, *figures),
        tools=(*product.tools, (made.compiler, made.version)),
    )


def _entry(name: str, content: bytes, engine: str) -> Entry:
    """What the device's engine takes has the role of a runtime; every other form of it is an alternative."""
    role = "runtime" if engine == "c" and name == RUNNER else "alternative"
    return Entry(
        path=f"{RUNTIME}/{FOLDER}/{name}", content=content, role=role, executable=name in {RUNNER, SELFTEST, SHARED}
    )


def _proved(job: Job, product: Product, made: Prebuilt) -> Product:
    """Run the self-test that was made, here or emulated."""
    assert job.profile.cpu is not None, "there was a compiler for it"
    runs = emulator_for(job.profile.cpu.machine, job.profile.cpu.features)
    if runs is None:
        return _noted(product, "the compiled C runtime was not run here: no emulator of the target's CPU is here")
    if runs and cost_of(product.model_of(job)).macs > _EMULATED:
        return _noted(product, "the compiled C runtime was not run here: emulating it would take long")
    with tempfile.TemporaryDirectory(prefix="edgepack-") as folder:
        program = Path(folder, SELFTEST)
        program.write_bytes(made.files[SELFTEST])
        program.chmod(0o755)
        try:
            failed = selftest(program, emulator=runs)
        except ToolError as error:
            if error.details:
                raise
            return _noted(product, f"the compiled C runtime was not run here: {error}")
    if failed:
        raise IntegrityError(
            f"{job.profile.name}: the compiled C runtime differs from the reference interpreter at {failed}",
            hint="this is a fault of EdgePack's, or of the compiler's; please report it with the model",
        )
    where = f"under {Path(runs[0]).name}" if runs else "natively"
    return _noted(product, f"the C runtime, compiled for {job.profile.cpu.core}, passed its self-test {where}", hint="")


def _noted(
    product: Product, message: str, hint: str = "see `edgepack doctor`; `pip install ziglang` compiles"
) -> Product:
    note = Diagnostic(severity=Severity.NOTE, message=message, hint=hint)
    return dataclasses.replace(product, diagnostics=(*product.diagnostics, note))


def _bytes(name: str, value: int, source: str) -> Figure:
    return Figure(name=name, value=value, unit="B", basis=Basis.MEASURED, source=source)
