"""The report of a bundle: from its folder, its archive, or the file itself. Nothing is extracted to disk.

A gate must not be fooled by an edited report, so the report is compared with the bundle's manifest. Whether the other
files agree with it is for `edgepack verify`. What was measured after the build lies beside the bundle and is joined in.
"""

import dataclasses
import gzip
import io
import tarfile
import zlib
from pathlib import Path
from typing import IO

from packager.bundle import MANIFEST, Manifest, parse_manifest, read_manifest
from packager.bundle.manifest import MANIFEST_LIMIT
from packager.errors import ConfigError, IntegrityError
from packager.figure import Figure
from packager.report.measured import read_measured
from packager.report.model import Report, problems
from packager.util.hashing import sha256_bytes

REPORT = "report.json"
_SUFFIX = ".tar.gz"
_MAX_REPORT = 64 << 20
_MAX_ARCHIVE = 8 << 30
"""Unpacked bytes read in search of the report: an archive of zeros must not be read for ever."""


def load_report(path: Path) -> Report:
    """Read the report of a bundle: a folder, a ``.tar.gz``, or a ``report.json`` on its own.

    Raises:
        ConfigError: there is no such path, or no report in it.
        IntegrityError: the archive or the report is damaged, too large, or not the one that the manifest lists.
    """
    report = Report.from_json(_content(path), source=str(path))
    figures = dict.fromkeys((*report.figures, *_measured(path)))  # a simulation repeated finds what the report has
    joined = dataclasses.replace(report, figures=tuple(figures))
    for problem in problems(joined):
        raise IntegrityError(f"{path}: {problem}", hint="what was measured beside it is damaged; measure again")
    return joined


def _measured(path: Path) -> tuple[Figure, ...]:
    whole = path.absolute()
    if path.is_dir():
        return read_measured(whole)
    return read_measured(whole.with_name(whole.name.removesuffix(_SUFFIX))) if whole.name.endswith(_SUFFIX) else ()


def _content(path: Path) -> bytes:
    try:
        if path.is_dir():
            return _of_folder(path)
        with path.open("rb") as file:
            packed = file.peek(2)[:2] == b"\x1f\x8b"
            return _of_archive(path, file) if packed else _bounded(path, file, _MAX_REPORT)
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror or error}", hint="give a bundle or its archive") from None


def _of_folder(path: Path) -> bytes:
    report = path / REPORT
    if not report.is_file():
        inside = sorted(p.parent.name for p in path.glob(f"*/{REPORT}"))
        hint = f"did you mean {path / inside[0]}?" if inside else f"a bundle's folder holds {REPORT}"
        raise ConfigError(f"{path}: not a bundle", hint=hint)
    with report.open("rb") as file:
        return _listed(path, read_manifest(path), _bounded(report, file, _MAX_REPORT))


def _of_archive(path: Path, file: IO[bytes]) -> bytes:
    manifest = None
    try:
        with tarfile.open(fileobj=_Counted(path, gzip.GzipFile(fileobj=file)), mode="r|") as archive:
            for member in archive:
                name = member.name.rpartition("/")[2]
                if name not in (MANIFEST, REPORT) or member.name.count("/") != 1 or not member.isreg():
                    continue
                content = archive.extractfile(member)
                assert content is not None
                if name == MANIFEST:
                    manifest = parse_manifest(_bounded(path, content, MANIFEST_LIMIT), source=f"{path}: {MANIFEST}")
                elif manifest is not None:
                    return _listed(path, manifest, _bounded(path, content, _MAX_REPORT))
    except (tarfile.TarError, gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise IntegrityError(f"{path}: damaged archive ({error})", hint="copy or pull it again") from None
    raise ConfigError(f"{path}: no {REPORT} in the archive", hint="give a bundle that `edgepack build` made")


def _listed(path: Path, manifest: Manifest, content: bytes) -> bytes:
    if not any(record.path == REPORT and record.sha256 == sha256_bytes(content) for record in manifest.files):
        raise IntegrityError(
            f"{path}: {REPORT} is not the one that {MANIFEST} lists", hint="build it again; see `edgepack verify`"
        )
    return content


def _bounded(path: Path, file: IO[bytes], limit: int) -> bytes:
    content = file.read(limit + 1)
    if len(content) > limit:
        raise IntegrityError(
            f"{path}: its report or manifest is over {limit >> 20} MiB", hint="no report is that large"
        )
    return content


class _Counted(io.RawIOBase):
    """A stream that refuses to go on for ever."""

    def __init__(self, path: Path, stream: gzip.GzipFile) -> None:
        self._path, self._stream, self._left = path, stream, _MAX_ARCHIVE

    def read(self, size: int = -1, /) -> bytes:
        content = self._stream.read(size)
        self._left -= len(content)
        if self._left < 0:
            size_text = f"{_MAX_ARCHIVE >> 30} GiB"
            raise IntegrityError(f"{self._path}: unpacks to over {size_text}", hint="no bundle is that large")
        return content
