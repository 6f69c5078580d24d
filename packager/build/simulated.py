"""What the timed simulation of an HLS project adds: cycles beside the estimate, streams as deep as they need be."""

import dataclasses
import tempfile
from collections.abc import Iterator
from pathlib import Path

from packager.bundle import Bundle
from packager.config.hardware import FRAME
from packager.emit.hls import Sized, sized
from packager.errors import Diagnostic, Severity, ToolError
from packager.families import Job, Product
from packager.figure import Basis, Figure
from packager.measure.engines.hls import cycles_of
from packager.measure.hls import Timing, timing

_ENGINE = "hls"
_SIZED = "; streams sized by the timed simulation"
_WHOLE = Diagnostic(
    severity=Severity.NOTE,
    message="streams on skip connections hold a whole frame, as the recipe asks: no timing makes them lock up",
    hint='fpga.fifo_depths = "simulated" takes less memory',
)


def with_simulated(job: Job, product: Product) -> Product:
    """Return the product of an FPGA with what its timed simulation says; without a C++ compiler, a note.

    The simulation counts cycles, so every machine finds the same; a bundle that was built without it differs in the
    depths of its streams and in its report, which says so.

    Raises:
        IntegrityError: the design locks up.
    """
    if product.engine != _ENGINE:
        return product
    bundle = Bundle(job.name, job.version, job.profile.name, artifact=product.artifact, engine=product.engine)
    bundle.add(*product.files)
    try:
        with tempfile.TemporaryDirectory(prefix="edgepack-") as folder:
            found = timing(bundle.write(Path(folder)))
    except ToolError as error:
        note = Diagnostic(
            severity=Severity.NOTE,
            message=f"the timed simulation was not run here: {error}; cycles are estimates alone, and streams on skip "
            "connections hold a whole frame",
            hint=error.hint,
        )
        return dataclasses.replace(product, diagnostics=(*product.diagnostics, note))
    if job.recipe.fpga.fifo_depths == FRAME:
        figures = (*product.figures, *_simulated(job, found))
        return dataclasses.replace(product, figures=figures, diagnostics=(*product.diagnostics, _WHOLE))
    deep = sized(product.files, found.depths)
    figures = (*(_resized(figure, deep) for figure in product.figures), *_simulated(job, found))
    return dataclasses.replace(product, files=deep.files, figures=figures)


def _simulated(job: Job, found: Timing) -> Iterator[Figure]:
    """Cycles, and what they are at the design's clock."""
    yield from (cycles := cycles_of(found))
    assert job.profile.fpga is not None, "the family checked"
    clock = (job.recipe.fpga.clock_mhz or job.profile.fpga.clock_mhz) * 1e3
    source = f"{cycles[0].source}; {clock / 1e3:g} MHz, which no tool has confirmed"
    for name, value, unit in (
        ("latency.p50.ms", found.latency / clock, "ms"),
        ("throughput.per_second", 1e3 * clock / found.interval, "1/s"),
    ):
        yield Figure(name=name, value=value, unit=unit, basis=Basis.SIMULATED, source=source)


def _resized(figure: Figure, deep: Sized) -> Figure:
    """An estimate of resources, the streams' share of it exchanged."""
    less = {
        "fpga.lut": round(deep.after.lut - deep.before.lut),
        "fpga.ff": round(deep.after.ff - deep.before.ff),
        "fpga.bram36": (deep.after.bram18 - deep.before.bram18) / 2,
    }.get(figure.name)
    if not less:
        return figure
    value = figure.value + less
    ends = (None if end is None else round(end * value / figure.value) for end in (figure.low, figure.high))
    low, high = ends
    return dataclasses.replace(figure, value=value, low=low, high=high, source=f"{figure.source}{_SIZED}")
