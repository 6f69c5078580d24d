"""Whether a model has room on a board."""

from collections.abc import Iterator

from packager.errors import Diagnostic, Severity


def exceeds(what: str, need: int, have: int, kind: str) -> Iterator[Diagnostic]:
    """Yield an error with both numbers of bytes where `need` is over `have` of RAM or flash."""
    if need > have:
        yield Diagnostic(
            severity=Severity.ERROR,
            message=f"{what} would take {need:,} B, the board has {have:,} B of {kind}",
            hint="take a smaller model, or a board with more: `edgepack targets`",
        )
