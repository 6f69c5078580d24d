"""SHA-256, the one hash in manifests, registries and file names."""

import hashlib
from pathlib import Path

_CHUNK = 1 << 20


def sha256_bytes(content: bytes | memoryview) -> str:
    return hashlib.sha256(content).hexdigest()


def sha256_file(path: Path) -> str:
    """Hash a file in chunks, so that its size does not matter."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def sha256_path(path: Path) -> str:
    """Hash a file, or a folder as `sha256_tree` does."""
    return sha256_tree(path) if path.is_dir() else sha256_file(path)


def sha256_tree(root: Path) -> str:
    """Hash a folder: each file's relative path, size and bytes, in sorted order."""
    digest = hashlib.sha256()
    for path in sorted(p for p in root.rglob("*") if p.is_file()):
        digest.update(f"{path.relative_to(root).as_posix()}\0{path.stat().st_size}\0".encode())
        digest.update(bytes.fromhex(sha256_file(path)))
    return digest.hexdigest()
