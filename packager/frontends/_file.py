"""The file a front end is given: its bytes, and what it is when it is not what its suffix says."""

from pathlib import Path

from packager.errors import ConfigError, UnsupportedError

HDF5 = b"\x89HDF\r\n\x1a\n"
ZIP = b"PK\x03\x04"
AGAIN = "copy or save it again; compare its size with the original"

_TELLTALES = (
    (0, HDF5, "an HDF5 file", "an old Keras model is named .h5"),
    (0, ZIP, "a zip archive", "a Keras model is named .keras, a torch.export file .pt2, TorchScript .pt"),
    (4, b"TFL3", "a TFLite file", "name it .tflite"),
    (0, b"\x80\x02", "a Python pickle", "export the model from the program that made it"),
    (0, b"version https://git-lfs", "a Git LFS pointer", "run `git lfs pull` for the file itself"),
    (0, b"<!DOCTYPE", "a web page", "download the file itself"),
    (0, b"<html", "a web page", "download the file itself"),
)
"""Offset, bytes, what they are, what to do: the mix-ups that a suffix hides."""


def is_file_named(path: Path, *suffixes: str) -> bool:
    return path.suffix.lower() in suffixes and not path.is_dir()


def read_bytes(path: Path, limit: int = -1) -> bytes:
    """Return a file's content, or its first `limit` bytes.

    Raises:
        ConfigError: it is missing or unreadable.
        UnsupportedError: it is empty.
    """
    try:
        with path.open("rb") as file:
            content = file.read(limit)
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}", hint="check the path and its permissions") from None
    if not content:
        raise UnsupportedError(f"{path}: the file is empty", hint="copy or save it again")
    return content


def not_a(path: Path, wanted: str, head: bytes) -> UnsupportedError:
    """Return the refusal of a file that is no `wanted` (``a TFLite file``), saying what its first bytes show."""
    for offset, magic, what, hint in _TELLTALES:
        if head[offset : offset + len(magic)] == magic:
            return UnsupportedError(f"{path}: not {wanted} but {what}", hint=hint)
    return UnsupportedError(f"{path}: not {wanted}", hint="the file is damaged or has the wrong suffix")
