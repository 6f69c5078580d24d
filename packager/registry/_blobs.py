"""Contents kept once under their SHA-256, checked each time they go in or come out."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import BinaryIO

from packager.errors import IntegrityError, RegistryError
from packager.util.files import replace_file
from packager.util.hashing import sha256_file

_CHUNK = 1 << 20

Lock = Callable[[str], AbstractContextManager[None]]


class Blobs:
    def __init__(self, root: Path, *, lock: Lock) -> None:
        """Keep blobs under `root`; ``lock(name)`` keeps other processes from storing a blob of that lock's name."""
        self._root = root
        self._lock = lock

    def store(self, digest: str, path: str, size: int, file: BinaryIO) -> bool:
        """Keep a content; return whether it was copied. A copy that is there and damaged is written anew.

        Raises:
            IntegrityError: `file` does not hold what `digest` and `size` say; nothing is kept.
        """
        blob = self._root / digest[:2] / digest
        with self._lock(digest[:2]):
            if blob.is_file() and blob.stat().st_size == size and sha256_file(blob) == digest:
                return False
            blob.parent.mkdir(parents=True, exist_ok=True)
            chunks = _checked(file, digest, size, path, hint="build the bundle again")
            replace_file(blob, chunks, work=blob.with_suffix(".part"))
        return True

    def load(self, digest: str, path: str, size: int) -> Iterator[bytes]:
        """Yield a content, never more than `size` bytes of it.

        Raises:
            IntegrityError: it is missing, too long or, found at its end, another one; `path` names it in the message.
        """
        blob = self._root / digest[:2] / digest
        hint = "push the bundle again: that mends the registry"
        try:
            with blob.open("rb") as file:
                yield from _checked(file, digest, size, f"{path} in {self._root.parent}", hint=hint)
        except FileNotFoundError:
            raise IntegrityError(f"{path} is missing in {self._root.parent}: no blob {digest}", hint=hint) from None
        except OSError as error:
            raise RegistryError(f"{blob}: {error.strerror}", hint="check that the registry can be read") from None


def _checked(file: BinaryIO, digest: str, size: int, where: str, *, hint: str) -> Iterator[bytes]:
    found, left = hashlib.sha256(), size
    while chunk := file.read(min(_CHUNK, left + 1)):
        left -= len(chunk)
        if left < 0:
            raise IntegrityError(f"{where} is longer than {size} bytes", hint=hint)
        found.update(chunk)
        yield chunk
    if found.hexdigest() != digest:
        raise IntegrityError(f"{where} is damaged: its SHA-256 is not {digest}", hint=hint)
