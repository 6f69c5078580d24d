"""A bundle given on the command line: its folder, or its archive, which is unpacked for as long as the command runs."""

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

import click

bundle_argument = click.argument("bundle", type=click.Path(exists=True, path_type=Path))


@contextlib.contextmanager
def opened(bundle: Path) -> Iterator[Path]:
    """Give the folder of a bundle.

    Raises:
        IntegrityError: an archive that EdgePack did not write, or a damaged one.
    """
    if bundle.is_dir():
        yield bundle
        return
    from packager.bundle import extract

    with tempfile.TemporaryDirectory(prefix="edgepack-") as folder:
        yield extract(bundle, Path(folder))
