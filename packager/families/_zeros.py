"""What a bundle's C runtime saves by how it stores weights, zeros left out or indices, as the report shows it."""

import dataclasses

from packager.emit.c import Saved, Target, savings
from packager.families._contract import Job, Product
from packager.figure import Basis, Figure, Place

_HOW = {
    "skips": "runtime/c leaves out quads of zeros",
    "packs": "runtime/c stores no zeros",
    "indexes": "runtime/c stores indices of 16 values",
}


def with_savings(product: Product, job: Job, target: Target) -> Product:
    """Return the product, C runtime included, with a clause for each such layer, and what they save together."""
    saved = savings(product.model_of(job), job.arithmetic, target)
    if not saved:
        return product
    placements = {i: (Place.CPU, _clause(layer)) for i, layer in saved.items()}
    figures = (
        _figure("c.saved.bytes", sum(s.bytes for s in saved.values()), "B", "constants against dense ones, counted"),
        _figure("c.skipped.macs", sum(s.macs for s in saved.values()), "MAC", "of an inference, padding included"),
    )
    return dataclasses.replace(product, placements=placements, figures=(*product.figures, *figures))


def _clause(saved: Saved) -> str:
    fewer = f" and skips {saved.macs / saved.of_macs:.0%} of the multiplications" if saved.macs else ""
    size = f"saves {saved.bytes:,} of" if saved.bytes > 0 else f"takes {-saved.bytes:,} more than"
    return f"{_HOW[saved.form]}: {size} {saved.of_bytes:,} B{fewer}"


def _figure(name: str, value: int, unit: str, source: str) -> Figure:
    return Figure(name=name, value=value, unit=unit, basis=Basis.MEASURED, source=f"runtime/c: {source}")
