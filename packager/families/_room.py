"""Whether a model has room on a board, and how much it takes there."""

import dataclasses
import re
from collections.abc import Iterable, Iterator

from packager.bundle import Entry
from packager.emit.c import Target, arena
from packager.errors import Diagnostic, Severity
from packager.families._contract import Job, Product
from packager.figure import Basis, Figure

_ARENA = re.compile(rb"^#define \w+_ARENA_BYTES (\d+)u$", re.MULTILINE)


def exceeds(what: str, need: int, have: int, kind: str) -> Iterator[Diagnostic]:
    """Yield an error with both numbers of bytes where `need` is over `have` of RAM or flash."""
    if need > have:
        yield Diagnostic(
            severity=Severity.ERROR,
            message=f"{what} would take {need:,} B, the board has {have:,} B of {kind}",
            hint="take a smaller model, or a board with more: `edgepack targets`",
        )


def arena_of(entries: Iterable[Entry]) -> int:
    """Bytes of the C runtime's arena as the generated header has it."""
    header = next(e.content for e in entries if e.path.endswith("/model.h"))
    found = _ARENA.search(header)
    assert found, "model.h says the arena's size"
    return int(found[1])


def with_arena(product: Product, job: Job, target: Target) -> Product:
    """Return the product, whose C runtime leads, with the arena that the code asks for in place of the plan's alone."""
    source = "the arena that runtime/c/model.h asks for: activations, and what kernels need while they run"
    figure = Figure(
        name="ram.arena.bytes", value=arena_of(product.files), unit="B", basis=Basis.MEASURED, source=source
    )
    memory = arena(product.model_of(job), job.arithmetic, target)
    return dataclasses.replace(product, figures=(*product.figures, figure), memory=memory)
