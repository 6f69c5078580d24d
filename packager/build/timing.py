"""Times on this machine: kept beside a bundle, for the bundle's own bytes are the same from run to run."""

from pathlib import Path

from packager.families import Product
from packager.figure import Figure
from packager.measure.latency import measure_litert
from packager.report.measured import write_measured
from packager.report.model import Report
from packager.report.views import render_view

SECONDS = 0.5


def time_artifact(product: Product) -> tuple[Figure, ...]:
    """Time what LiteRT can run of a product; other engines' times on a workstation say nothing about a device."""
    if product.engine != "litert":
        return ()
    artifact = next(entry for entry in product.files if entry.path == product.artifact)
    return measure_litert(artifact.content, seconds=SECONDS)


def write_timed_report(out: Path, stem: str, report: Report, timed: tuple[Figure, ...]) -> Path:
    """Write ``<stem>.measured.json`` and ``<stem>.html`` beside the bundle; return the page."""
    write_measured(out / stem, timed)
    page = out / f"{stem}.html"
    page.write_text(render_view("html", report), encoding="utf-8")
    return page
