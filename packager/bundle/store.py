"""A bundle's folder appears whole or not at all.

Files are written into a hidden sibling folder, flushed to the disk, and the folder is renamed. A full disk, an error or
an interrupt removes the sibling; what stood there before stands there still.
"""

import contextlib
import errno
import os
import secrets
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from packager.bundle.reading import extra_files, read_manifest
from packager.errors import ConfigError, IntegrityError
from packager.util.files import sync_folder

_TRIES = 100
"""How often a rename is tried anew when another process puts the same bundle in place at the same time."""


def check_destination(folder: Path) -> None:
    """Refuse a place where writing a bundle would lose something: call it before the work, not after.

    Raises:
        ConfigError: `folder` exists and holds something that no bundle's manifest lists.
    """
    for _ in range(_TRIES):
        before = _identity(folder)
        try:
            obstacle = _obstacle(folder)
        except FileNotFoundError:
            continue
        if not obstacle:
            return
        if _identity(folder) == before:  # else another process put a bundle there while we looked
            hint = "move it away, or choose another output folder"
            raise ConfigError(f"{folder} is in the way: {obstacle}", hint=hint)


def _obstacle(folder: Path) -> str:
    if folder.is_symlink() or not folder.is_dir():
        return "it is not a folder" if _identity(folder) else ""
    if not any(folder.iterdir()):
        return ""
    try:
        others = extra_files(folder, read_manifest(folder))
    except IntegrityError:
        return "it holds something that is not a bundle"
    others = [path for path in others if "__pycache__" not in path.split("/")]
    return f"{others[0]!r} in it is not the bundle's" if others else ""


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = path.lstat()
    except FileNotFoundError:
        return None
    return status.st_dev, status.st_ino


@contextlib.contextmanager
def new_folder(destination: Path) -> Iterator[Path]:
    """Give an empty folder beside `destination` and, where the block ends well, rename it to `destination`.

    A bundle that stands there is replaced.

    Raises:
        ConfigError: something else stands there; nothing is touched.
    """
    check_destination(destination)
    made = [p for p in (destination.parent, *destination.parent.parents) if not p.exists()]
    work = destination.parent / f".{destination.name}.{secrets.token_hex(4)}"
    try:
        work.mkdir(parents=True)
        yield work
        _sync_folders(work)
        _put(work, destination)
    except BaseException:  # an interrupt must leave nothing either
        shutil.rmtree(work, ignore_errors=True)
        for folder in made:
            with contextlib.suppress(OSError):
                folder.rmdir()
        raise
    sync_folder(destination.parent)


def write_file(folder: Path, path: str, mode: int, chunks: Iterable[bytes | memoryview]) -> None:
    """Create one file of the bundle, flushed to the disk; it must not exist."""
    file_path = folder / path
    file_path.parent.mkdir(parents=True, exist_ok=True)
    with file_path.open("xb") as file:
        for chunk in chunks:
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    file_path.chmod(mode)


def link_or_copy(source: Path, target: Path) -> None:
    """Give a file a second place; the content is shared where the file system can."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:
        shutil.copy2(source, target, follow_symlinks=False)


def _put(work: Path, destination: Path) -> None:
    """Rename `work` to `destination`; several processes may do so at once, and the last one wins."""
    old = work.with_name(f"{work.name}.old")
    for _ in range(_TRIES):
        if _renamed(work, destination):
            return
        if not _renamed(destination, old):
            continue
        try:
            check_destination(old)
            done = _renamed(work, destination)
        except BaseException:  # put back what stood there, whatever happened
            _renamed(old, destination)
            raise
        shutil.rmtree(old, ignore_errors=True)
        if done:
            return
    raise ConfigError(f"{destination}: other processes keep replacing it", hint="let one of them finish first")


def _renamed(source: Path, destination: Path) -> bool:
    """Rename a folder; False where the source is gone or something stands in the way."""
    try:
        source.rename(destination)
    except FileNotFoundError:
        return False
    except OSError as error:
        if error.errno not in {errno.ENOTEMPTY, errno.EEXIST}:
            raise
        return False
    return True


def _sync_folders(root: Path) -> None:
    for folder, _, _ in os.walk(root):
        sync_folder(Path(folder))
