"""What was measured of a bundle after it was built: a file beside it, for the bundle's own bytes never change."""

from collections.abc import Sequence
from pathlib import Path

from packager.errors import IntegrityError
from packager.figure import Figure
from packager.report._codec import decode, dumps, encode, loads


def measured_path(bundle: Path) -> Path:
    """``dist/digits-0.1.0-host.measured.json`` for ``dist/digits-0.1.0-host``."""
    return bundle.with_name(f"{bundle.name}.measured.json")


def write_measured(bundle: Path, figures: Sequence[Figure]) -> None:
    """Write the figures beside the bundle, or take the file away where there are none."""
    path = measured_path(bundle)
    if not figures:
        path.unlink(missing_ok=True)
        return
    path.write_bytes(dumps({"figures": [encode(figure) for figure in figures]}))


def add_measured(bundle: Path, figures: Sequence[Figure]) -> Path:
    """Add figures to those beside a bundle's folder or archive, in place of their like; return the file.

    Two are alike that have one name and were measured on one machine.
    """
    stem = bundle.absolute().with_name(bundle.absolute().name.removesuffix(".tar.gz"))
    replaced = {(figure.name, figure.on) for figure in figures}
    kept = [figure for figure in read_measured(stem) if (figure.name, figure.on) not in replaced]
    write_measured(stem, (*kept, *figures))
    return measured_path(stem)


def read_measured(bundle: Path) -> tuple[Figure, ...]:
    """Return the figures beside a bundle's folder; nothing where there are none.

    Raises:
        IntegrityError: the file is damaged.
    """
    path = measured_path(bundle)
    if not path.is_file():
        return ()
    document = loads(path.read_bytes(), source=str(path))
    if not isinstance(document, dict) or not isinstance(document.get("figures"), list):
        raise IntegrityError(f"{path}: no list of figures", hint="measure again, or delete the file")
    return tuple(
        decode(Figure, row, source=str(path), key=f"figures[{i}]") for i, row in enumerate(document["figures"])
    )
