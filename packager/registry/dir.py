"""A plain directory as a registry: on a disk, a network share, or a stick.

::

    edgepack-registry.json                  marks the folder, with the schema's version
    index/<name>/<version>/<target>.json    the SHA-256 of the bundle's manifest
    blobs/<first two hex digits>/<sha256>   every manifest and file, once, by content
    locks/

A bundle's blobs are there before its index file names them, and each file appears by a rename: a push that is killed
leaves at most blobs that nothing names, and one ``.part`` that the next push of that content writes anew. A pull takes
no lock and writes nothing into the registry, so it may be mounted read-only.
"""

import contextlib
import io
import json
import re
from collections.abc import Collection, Iterator
from pathlib import Path

import filelock

from packager.bundle import MANIFEST, Manifest, manifest_bytes, new_folder, parse_manifest, verify_files, write_file
from packager.bundle.manifest import MANIFEST_LIMIT
from packager.errors import IntegrityError, RegistryError, did_you_mean
from packager.registry import Pushed, newest
from packager.registry._blobs import Blobs
from packager.util.files import replace_file
from packager.util.hashing import sha256_bytes

_MARK = "edgepack-registry.json"
_SCHEMA = 1
_PATIENCE = 600.0
"""Seconds to wait for another process's push."""
_SHA256 = re.compile("[0-9a-f]{64}")


class Registry:
    def __init__(self, place: str) -> None:
        self._root = Path(place).expanduser()
        self._blobs = Blobs(self._root / "blobs", lock=self._lock)

    def push(self, bundle: Path, *, force: bool = False) -> Pushed:
        """Store a bundle; see `packager.registry.Registry`. A new or empty folder becomes a registry."""
        content = manifest_bytes(bundle)
        manifest = parse_manifest(content, source=str(bundle / MANIFEST))
        if problems := verify_files(bundle, manifest):
            lines = "\n".join(f"  - {problem}" for problem in problems)
            raise IntegrityError(f"{bundle} is not what its manifest says\n{lines}", hint="build it again")
        with _told(self._root):
            self._begin()
            digest, copied, changed = self._store(bundle, manifest, content, force=force)
        return Pushed(
            name=manifest.name,
            version=manifest.version,
            target=manifest.target,
            digest=digest,
            files=copied,
            changed=changed,
        )

    def pull(self, name: str, version: str, target: str, into: Path) -> Path:
        """Fetch a bundle; see `packager.registry.Registry`. One that lies in `into` already, sound, is left alone."""
        with _told(self._root):
            digest = self._find(name, version, target)
        content = b"".join(self._blobs.load(digest, MANIFEST, MANIFEST_LIMIT))
        manifest = parse_manifest(content, source=f"{MANIFEST} of {name} in {self._root}")
        destination = into / manifest.stem
        if _is_there(destination, manifest, content):
            return destination
        with new_folder(destination) as folder:
            for record in manifest.files:
                write_file(folder, record.path, record.bits, self._blobs.load(record.sha256, record.path, record.bytes))
            write_file(folder, MANIFEST, 0o644, [content])
        return destination

    def _begin(self) -> None:
        """Make the folder a registry, unless something else lies in it."""
        if (self._root / _MARK).is_file():
            return
        self._root.mkdir(parents=True, exist_ok=True)
        ours = {_MARK, "index", "blobs", "locks"}
        if others := [name for name in _names(self._root) if name not in ours]:
            raise RegistryError(
                f"{self._root} is no registry: it holds {others[0]!r}", hint="give a new or an empty folder"
            )
        replace_file(self._root / _MARK, [_json({"schema": _SCHEMA})])

    def _store(self, bundle: Path, manifest: Manifest, content: bytes, *, force: bool) -> tuple[str, int, bool]:
        """Store blobs, then the index file that names them; return digest, files copied, and whether it is new."""
        digest = sha256_bytes(content)
        index = self._index(manifest.name, manifest.version, manifest.target)
        if not force:
            _refuse_other(index, digest)
        copied = 0
        for record in manifest.files:
            with (bundle / record.path).open("rb") as file:
                copied += self._blobs.store(record.sha256, record.path, record.bytes, file)
        self._blobs.store(digest, MANIFEST, len(content), io.BytesIO(content))
        with self._lock("index"):
            if not force:  # another process may have pushed in the meantime
                _refuse_other(index, digest)
            changed = not index.is_file() or _read_index(index) != digest
            index.parent.mkdir(parents=True, exist_ok=True)
            replace_file(index, [_json({"schema": _SCHEMA, "manifest": digest})])
        return digest, copied, changed

    def _find(self, name: str, version: str, target: str) -> str:
        """Return the digest of the manifest that a pull asks for."""
        if not (self._root / _MARK).is_file():
            raise RegistryError(f"there is no registry at {self._root}", hint="`edgepack push BUNDLE dir:…` starts one")
        index = self._root / "index"
        _known("bundle", name, _names(index))
        versions = {v: [t.removesuffix(".json") for t in _names(index / name / v)] for v in _names(index / name)}
        wanted = version or newest([v for v, targets in versions.items() if target in targets] or versions)
        _known(f"version of {name!r}", wanted, versions)
        targets = versions[wanted]
        if not target and len(targets) > 1:
            raise RegistryError(
                f"{name} {wanted} is there for {len(targets)} targets",
                hint=f"choose with --target: {', '.join(targets)}",
            )
        target = target or targets[0]
        _known(f"target of {name} {wanted}", target, targets)
        digest = _read_index(self._index(name, wanted, target))
        if not digest:
            raise IntegrityError(f"the index of {name} {wanted} for {target} is damaged", hint="push it with --force")
        return digest

    def _index(self, name: str, version: str, target: str) -> Path:
        return self._root / "index" / name / version / f"{target}.json"

    @contextlib.contextmanager
    def _lock(self, name: str) -> Iterator[None]:
        """Keep other processes out; the system frees the lock of one that was killed."""
        path = self._root / "locks" / f"{name}.lock"
        path.parent.mkdir(exist_ok=True)
        try:
            with filelock.FileLock(path, mode=0o664, timeout=_PATIENCE):
                yield
        except filelock.Timeout:
            raise RegistryError(f"another push has held {path} for {_PATIENCE:.0f} s", hint="wait for it") from None


def _refuse_other(index: Path, digest: str) -> None:
    if index.is_file() and (there := _read_index(index)) != digest:
        version = index.parent
        raise RegistryError(
            f"another {version.parent.name} {version.name} for {index.stem} is there: "
            f"its manifest is {there[:12] or 'damaged'}, not {digest[:12]}",
            hint="give the bundle a new --version, or replace what is there with --force",
        )


def _read_index(index: Path) -> str:
    """Return the manifest's digest; empty where the file is missing or damaged."""
    try:
        digest = json.loads(index.read_bytes())["manifest"]
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return ""
    return digest if isinstance(digest, str) and _SHA256.fullmatch(digest) else ""


def _is_there(folder: Path, manifest: Manifest, content: bytes) -> bool:
    if not folder.is_dir():
        return False
    try:
        return manifest_bytes(folder) == content and not verify_files(folder, manifest)
    except IntegrityError:
        return False


def _known(what: str, name: str, names: Collection[str]) -> None:
    if name not in names:
        raise RegistryError(f"the registry has no {what} called {name!r}", hint=did_you_mean(name, names))


def _names(folder: Path) -> list[str]:
    """Names in a folder, sorted, without the hidden ones that a writer is at work on; none where it is missing."""
    return sorted(p.name for p in folder.iterdir() if not p.name.startswith(".")) if folder.is_dir() else []


def _json(table: dict[str, object]) -> bytes:
    return json.dumps(table).encode() + b"\n"


@contextlib.contextmanager
def _told(root: Path) -> Iterator[None]:
    """Tell of a full or unreadable disk as the registry's failure."""
    try:
        yield
    except OSError as error:
        place = error.filename or root
        raise RegistryError(f"{place}: {error.strerror}", hint="check the registry's disk and permissions") from None
