"""Where shipped data lives: `packager/_data` in a wheel, the repository's root in a checkout."""

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path


def data_dir(name: str) -> Traversable:
    """Return the tree ``"targets"`` or ``"templates"``.

    A `Traversable`, not a `Path`: the package may sit in a zip file.
    """
    shipped = files("packager") / "_data" / name
    if shipped.is_dir():
        return shipped
    return Path(__file__).resolve().parents[1] / name
