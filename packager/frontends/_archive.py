"""Formats that are zip archives: every member checked against its checksum before anything else opens it."""

import struct
import zipfile
import zlib
from pathlib import Path

from packager.errors import UnsupportedError
from packager.frontends._file import AGAIN, ZIP, not_a, read_bytes

_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    RuntimeError,  # an encrypted member, or a compression that Python lacks
    ValueError,
)


def checked_members(path: Path, wanted: str) -> frozenset[str]:
    """Return the names of an archive's members; `wanted` is what the suffix promises: ``a Keras model``.

    Raises:
        ConfigError: the file is missing or unreadable.
        UnsupportedError: it is no archive, or is truncated or damaged.
    """
    if not (head := read_bytes(path, 64)).startswith(ZIP):
        raise not_a(path, wanted, head)
    try:
        with zipfile.ZipFile(path) as archive:
            bad = archive.testzip()
            names = frozenset(archive.namelist())
    except _DAMAGE as error:
        raise UnsupportedError(f"{path}: damaged or truncated archive ({error})", hint=AGAIN) from None
    if bad is not None:
        raise UnsupportedError(f"{path}: {bad!r} inside does not match its checksum", hint=AGAIN)
    return names


def member(path: Path, name: str) -> bytes:
    """Return one member of an archive that `checked_members` has passed."""
    with zipfile.ZipFile(path) as archive:
        return archive.read(name)
