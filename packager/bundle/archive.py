"""``<name>-<version>-<target>.tar.gz``: the same bytes from run to run, and read back without trusting it.

The tar is USTAR with the manifest first, then the files sorted by path, owner 0, one fixed time, the manifest's modes.
Its bytes follow from the manifest and the contents alone, so the SHA-256 of the *uncompressed* tar identifies a bundle.
The gzip bytes depend on the zlib (or zlib-ng) that Python was built with as well: equal on one machine, not on all.

Reading turns that around: once the manifest, the first member, is read, every further header is known, and a member
whose header is another byte for byte (a link, a device, a path that climbs, another size) is refused. What `tarfile`
would extract does not matter.
"""

import gzip
import hashlib
import struct
import tarfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, NoReturn

from packager.bundle.manifest import MANIFEST, MANIFEST_LIMIT, FileRecord, Manifest, parse_manifest
from packager.bundle.store import new_folder, write_file
from packager.errors import IntegrityError
from packager.util.files import replace_file

_CHUNK = 1 << 20
_BLOCK = tarfile.BLOCKSIZE
_END = bytes(2 * _BLOCK)
_MTIME = 315532800
"""1980-01-01 UTC: the earliest time that every file system and archive format can hold."""
_LEVEL = 6
"""Of gzip: 9 takes four times as long on an int8 network (vww_96) and saves 0.6 %."""

LIMIT = 8 << 30
"""Bytes that unpacking may write: some devices' whole disk, and far above any model for one."""
_GZIP_HEADER = b"\x1f\x8b\x08\0" + bytes(4) + b"\0\xff"
"""Deflate, no flags, no time, no hint on the level, an unknown system."""

Open = Callable[[str], BinaryIO]


def tar_chunks(manifest: Manifest, open_file: Open) -> Iterator[bytes]:
    """Yield the uncompressed tar piece by piece; `open_file` gives the content of a path.

    Raises:
        IntegrityError: a content is not what the manifest says.
    """
    content = manifest.to_bytes()
    yield _header(manifest.stem, MANIFEST, len(content), 0o644)
    yield content
    yield _padding(len(content))
    for record in manifest.files:
        yield _header(manifest.stem, record.path, record.bytes, record.bits)
        with open_file(record.path) as file:
            yield from _checked(file.read, record)
        yield _padding(record.bytes)
    yield _END


def tar_digest(chunks: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for chunk in chunks:
        digest.update(chunk)
    return digest.hexdigest()


def write_archive(path: Path, chunks: Iterable[bytes]) -> str:
    """Compress a tar to `path`, which appears whole or not at all; return the SHA-256 of the uncompressed tar."""
    digest = hashlib.sha256()
    replace_file(path, _gzip(chunks, digest.update))
    return digest.hexdigest()


def _gzip(chunks: Iterable[bytes], seen: Callable[[bytes], None]) -> Iterator[bytes]:
    """Yield a gzip member (RFC 1952) of `chunks`, without a time or a file name; `seen` is given each chunk."""
    deflate = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    crc, size = 0, 0
    yield _GZIP_HEADER
    for chunk in chunks:
        seen(chunk)
        crc, size = zlib.crc32(chunk, crc), size + len(chunk)
        yield deflate.compress(chunk)
    yield deflate.flush()
    yield struct.pack("<LL", crc, size & 0xFFFFFFFF)


def extract(archive: Path, into: Path, *, limit: int = LIMIT) -> Path:
    """Unpack an archive of ours to ``into/<name>-<version>-<target>`` and return that folder.

    The folder appears whole or not at all. Memory stays at a few chunks, and no more is written than the manifest says,
    which may not ask for more than `limit` bytes. Files are checked against the manifest, and the manifest against
    nothing: who must know whose bundle it is compares its digest.

    Raises:
        IntegrityError: not an archive of ours, cut short, or a member differs from the manifest.
        ConfigError: something that is not a bundle stands in the folder's place.
    """
    try:
        with gzip.open(archive, "rb") as stream:
            return _extract(_Tar(stream, archive.name), into, limit)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        hint = "fetch it again"
        raise IntegrityError(f"{archive.name}: damaged or cut short: {error}", hint=hint) from None


def _extract(tar: "_Tar", into: Path, limit: int) -> Path:
    content = tar.manifest()
    manifest = parse_manifest(content, source=f"{tar.name}: {MANIFEST}")
    if content != manifest.to_bytes():
        tar.refuse("its manifest is not as EdgePack writes it")
    tar.expect_first(manifest, len(content))
    if (total := sum(record.bytes for record in manifest.files)) > limit:
        tar.refuse(f"it would unpack to {total} bytes, more than {limit}")
    with new_folder(into / manifest.stem) as folder:
        write_file(folder, MANIFEST, 0o644, [content])
        for record in manifest.files:
            tar.expect(_header(manifest.stem, record.path, record.bytes, record.bits))
            write_file(folder, record.path, record.bits, _checked(tar.read, record))
            tar.expect(_padding(record.bytes))
        tar.expect(_END)
        tar.expect_end()
    return into / manifest.stem


class _Tar:
    """Takes an uncompressed tar apart, block by block, and refuses every block that is not the expected one."""

    def __init__(self, stream: BinaryIO | gzip.GzipFile, name: str) -> None:
        self.name = name
        self._stream = stream
        self._first = b""

    def manifest(self) -> bytes:
        self._first = self.read(_BLOCK)
        try:
            size = tarfile.TarInfo.frombuf(self._first, "ascii", "strict").size
        except (tarfile.HeaderError, UnicodeDecodeError):
            self.refuse("it is no tar archive")
        if not 0 <= size <= MANIFEST_LIMIT:
            self.refuse("its first member can't be a manifest")
        content = self.read(size)
        self.expect(_padding(size))
        return content

    def expect_first(self, manifest: Manifest, size: int) -> None:
        if self._first != _header(manifest.stem, MANIFEST, size, 0o644):
            self.refuse(f"its first member is {_describe(self._first)}, not its manifest")

    def expect(self, block: bytes) -> None:
        found = self.read(len(block))
        if found != block:
            self.refuse(f"found {_describe(found)} where {_describe(block)} belongs")

    def expect_end(self) -> None:
        if self._stream.read(1):
            self.refuse("something follows its end")

    def read(self, size: int) -> bytes:
        return self._stream.read(size)

    def refuse(self, why: str) -> NoReturn:
        hint = "only an archive that EdgePack wrote is unpacked; fetch it again, or unpack it by hand"
        raise IntegrityError(f"{self.name}: {why}", hint=hint)


def _describe(block: bytes) -> str:
    """Name the member that a header announces, for a message."""
    try:
        info = tarfile.TarInfo.frombuf(block, "ascii", "backslashreplace")
    except tarfile.HeaderError:
        return "data that is no header" if any(block) else "the end of the archive"
    kinds = {tarfile.SYMTYPE: "symbolic link", tarfile.LNKTYPE: "hard link", tarfile.DIRTYPE: "folder"}
    kind = "file" if info.isreg() else kinds.get(info.type, "special member")
    return f"{kind} {info.name!a} of {info.size} bytes, mode {info.mode:04o}"


def _header(stem: str, path: str, size: int, mode: int) -> bytes:
    info = tarfile.TarInfo(f"{stem}/{path}")
    info.size, info.mode, info.mtime = size, mode, _MTIME
    return info.tobuf(format=tarfile.USTAR_FORMAT)


def _padding(size: int) -> bytes:
    return bytes(-size % _BLOCK)


def _checked(read: Callable[[int], bytes], record: FileRecord) -> Iterator[bytes]:
    """Yield exactly the bytes that the record promises, or fail."""
    digest, left = hashlib.sha256(), record.bytes
    while left and (chunk := read(min(left, _CHUNK))):
        digest.update(chunk)
        left -= len(chunk)
        yield chunk
    if left or digest.hexdigest() != record.sha256:
        why = "is cut short" if left else "was changed: its SHA-256 differs"
        raise IntegrityError(f"{record.path} {why}", hint="build or fetch the bundle again")
