"""A bundle in memory, and the two ways it reaches the disk."""

import dataclasses
import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import BinaryIO

from packager.bundle.archive import tar_chunks, tar_digest, write_archive
from packager.bundle.entry import Entry
from packager.bundle.manifest import MANIFEST, FileRecord, Manifest, Origin, manifest_problems
from packager.bundle.reading import read_manifest
from packager.bundle.store import link_or_copy, new_folder, write_file
from packager.errors import ConfigError
from packager.util.hashing import sha256_bytes


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Packed:
    path: Path
    digest: str
    """SHA-256 of the uncompressed tar, in hex."""


class Bundle:
    """The files of one build for one target. Contents are kept as references and never copied.

    ``manifest.json`` is made when the bundle is written; it can't be added.
    """

    def __init__(
        self,
        name: str,
        version: str,
        target: str,
        *,
        artifact: str = "",
        engine: str = "",
        engines: Sequence[str] = (),
        origin: Origin | None = None,
    ) -> None:
        self._head = Manifest(
            name=name,
            version=version,
            target=target,
            artifact=artifact,
            engine=engine,
            engines=tuple(engines),
            origin=origin or Origin(),
        )
        self._entries: dict[str, Entry] = {}
        self._records: dict[str, FileRecord] = {}

    @property
    def stem(self) -> str:
        """``<name>-<version>-<target>``: the folder, and the archive without its ending."""
        return self._head.stem

    def add(self, *entries: Entry) -> None:
        """Take files in.

        Raises:
            ConfigError: a path twice.
        """
        for entry in entries:
            if entry.path in self._entries:
                raise ConfigError(f"the bundle holds {entry.path!r} already", hint="two steps of the build write it")
            self._entries[entry.path] = entry
            self._records[entry.path] = _record(entry)

    def manifest(self) -> Manifest:
        """Return the manifest of the files added so far.

        Raises:
            ConfigError: a name or path that is not safe on every system, or an artifact that was not added.
        """
        manifest = dataclasses.replace(self._head, files=_sorted(self._records))
        return _sound(manifest)

    def write(self, out: Path) -> Path:
        """Write ``out/<stem>/`` and return it; it appears whole or not at all, and replaces a bundle that stands there.

        Raises:
            ConfigError: something else stands there (nothing is touched), or a path is unsafe.
        """
        manifest = self.manifest()
        with new_folder(out / self.stem) as folder:
            for record in manifest.files:
                write_file(folder, record.path, record.bits, [self._entries[record.path].content])
            write_file(folder, MANIFEST, 0o644, [manifest.to_bytes()])
        return out / self.stem

    def digest(self) -> str:
        """Return the SHA-256 of the uncompressed tar: the same for the same content, on every machine."""
        return tar_digest(tar_chunks(self.manifest(), self._open))

    def archive(self, out: Path) -> Packed:
        """Write ``out/<stem>.tar.gz`` from memory and return its place and digest."""
        out.mkdir(parents=True, exist_ok=True)
        path = out / f"{self.stem}.tar.gz"
        return Packed(path=path, digest=write_archive(path, tar_chunks(self.manifest(), self._open)))

    def _open(self, path: str) -> BinaryIO:
        return io.BytesIO(self._entries[path].content)


def pack(folder: Path, out: Path | None = None) -> Packed:
    """Write the archive of a bundle on disk, beside it or in `out`: the bytes that `Bundle.archive` gives.

    Raises:
        IntegrityError: a file differs from the manifest.
    """
    manifest = read_manifest(folder)
    path = (out or folder.parent) / f"{manifest.stem}.tar.gz"
    return Packed(path=path, digest=write_archive(path, tar_chunks(manifest, lambda name: (folder / name).open("rb"))))


def append(folder: Path, entries: Iterable[Entry]) -> Manifest:
    """Add files to a bundle on disk, or replace some; folder and manifest change together. Return the new manifest.

    The files that stay are linked, not copied. Their digests are kept, not taken anew: damage stays visible.

    Raises:
        ConfigError: an unsafe path, or the folder holds files that are not the bundle's.
    """
    new = {entry.path: entry for entry in entries}
    old = read_manifest(folder)
    records = {record.path: record for record in old.files} | {path: _record(entry) for path, entry in new.items()}
    manifest = _sound(dataclasses.replace(old, files=_sorted(records)))
    with new_folder(folder) as work:
        for record in manifest.files:
            if entry := new.get(record.path):
                write_file(work, record.path, record.bits, [entry.content])
            else:
                link_or_copy(folder / record.path, work / record.path)
        write_file(work, MANIFEST, 0o644, [manifest.to_bytes()])
    return manifest


def _record(entry: Entry) -> FileRecord:
    return FileRecord(
        path=entry.path,
        role=entry.role,
        mode="0755" if entry.executable else "0644",
        bytes=len(entry.content),
        sha256=sha256_bytes(entry.content),
    )


def _sorted(records: dict[str, FileRecord]) -> tuple[FileRecord, ...]:
    return tuple(records[path] for path in sorted(records))


def _sound(manifest: Manifest) -> Manifest:
    if problems := manifest_problems(manifest):
        raise ConfigError(
            "the bundle can't be written: " + "; ".join(problems), hint="choose another --name or --version"
        )
    return manifest
