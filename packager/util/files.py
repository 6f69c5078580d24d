"""Files that appear whole or not at all."""

import contextlib
import os
import secrets
from collections.abc import Iterable
from pathlib import Path


def replace_file(path: Path, chunks: Iterable[bytes], *, work: Path | None = None) -> None:
    """Write `chunks` to `path`, which changes from its old content to the new in one step.

    The new content is gathered in `work`, by default a hidden file of random name beside `path`, flushed to the disk
    and renamed. An error, a full disk or an interrupt removes it and leaves `path` as it was.
    """
    work = work or path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with work.open("wb") as file:
            for chunk in chunks:
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        work.replace(path)
    except BaseException:  # an interrupt must leave nothing either
        work.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Flush a folder's names to the disk, where the system lets a folder be opened."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
