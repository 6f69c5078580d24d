"""Times on this machine: kept beside a bundle, for the bundle's own bytes are the same from run to run."""

from pathlib import Path

from packager.errors import ToolError
from packager.families import Product
from packager.figure import Figure
from packager.measure.latency import measure_litert
from packager.measure.latency_c import measure_c
from packager.report.measured import write_measured
from packager.report.model import Report
from packager.report.views import render_view

SECONDS = 0.5


def time_artifact(product: Product, bundle: Path) -> tuple[Figure, ...]:
    """Time the C runtime or LiteRT; other engines' times on a workstation say nothing about a device.

    `bundle` is the folder that was written. LiteRT is timed for the C runtime on a machine that can't compile it.
    """
    if product.engine == "c" and product.artifact.endswith(".tflite"):
        try:
            return measure_c(bundle, seconds=SECONDS)
        except ToolError as error:
            if error.details:  # It is not that a tool is missing.
                raise
    if "litert" not in {product.engine, *product.engines}:
        return ()
    artifact = next(entry for entry in product.files if entry.path == product.artifact)
    return measure_litert(artifact.content, seconds=SECONDS)


def write_timed_report(out: Path, stem: str, report: Report, timed: tuple[Figure, ...]) -> Path:
    """Write ``<stem>.measured.json`` and ``<stem>.html`` beside the bundle; return the page."""
    write_measured(out / stem, timed)
    page = out / f"{stem}.html"
    page.write_text(render_view("html", report), encoding="utf-8")
    return page
