"""Reading a bundle's folder back: nothing in it is believed before its digest is checked."""

import os
from collections.abc import Iterator
from pathlib import Path

from packager.bundle.manifest import MANIFEST, MANIFEST_LIMIT, FileRecord, Manifest, parse_manifest
from packager.errors import Diagnostic, IntegrityError, Severity
from packager.util.hashing import sha256_file


def read_manifest(folder: Path) -> Manifest:
    """Read and check the form of a bundle's manifest; the files it lists are not looked at.

    Raises:
        IntegrityError: there is none, or it is not one of ours.
    """
    return parse_manifest(manifest_bytes(folder), source=str(folder / MANIFEST))


def manifest_bytes(folder: Path) -> bytes:
    """Return the manifest as it lies there, at most `MANIFEST_LIMIT` long."""
    path = folder / MANIFEST
    try:
        with path.open("rb") as file:
            content = file.read(MANIFEST_LIMIT + 1)
    except OSError as error:
        raise IntegrityError(
            f"{folder} is not a bundle: {MANIFEST}: {error.strerror}",
            hint="give the folder that `edgepack build` wrote",
        ) from None
    if len(content) > MANIFEST_LIMIT:
        raise IntegrityError(f"{path} is larger than {MANIFEST_LIMIT} bytes", hint="it is not a bundle's manifest")
    return content


def verify_files(folder: Path, manifest: Manifest | None = None) -> tuple[Diagnostic, ...]:
    """Compare every file with the manifest; each that is missing, changed or not listed is one error.

    Raises:
        IntegrityError: there is no manifest to compare with.
    """
    manifest = manifest or read_manifest(folder)
    found = [_error(record.path, why) for record in manifest.files if (why := _difference(folder, record))]
    found += [_error(path, "is not in the manifest") for path in extra_files(folder, manifest)]
    return tuple(found)


def extra_files(folder: Path, manifest: Manifest) -> list[str]:
    """Paths of what lies in the folder and not in the manifest, sorted; a link to a folder is not followed."""
    listed = {MANIFEST, *(record.path for record in manifest.files)}
    return sorted(path for path in _files(folder) if path not in listed)


def _files(folder: Path) -> Iterator[str]:
    for root, folders, files in os.walk(folder):
        links = [name for name in folders if Path(root, name).is_symlink()]
        yield from (Path(root, name).relative_to(folder).as_posix() for name in (*files, *links))


def _difference(folder: Path, record: FileRecord) -> str:
    path = folder / record.path
    if any(part.is_symlink() for part in (path, *path.parents) if part.is_relative_to(folder) and part != folder):
        return "is a link, or lies behind one"
    if not path.is_file():
        return "is missing"
    if (size := path.stat().st_size) != record.bytes:
        return f"has {size} bytes, not {record.bytes}"
    return "" if sha256_file(path) == record.sha256 else "was changed: its SHA-256 differs"


def _error(path: str, why: str) -> Diagnostic:
    return Diagnostic(severity=Severity.ERROR, message=why, where=path)
