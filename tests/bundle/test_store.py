import errno
import multiprocessing
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from sample_bundle import files_of, text_bundle

from packager.bundle import check_destination, verify_files
from packager.bundle.store import new_folder
from packager.errors import ConfigError


def full_disk(after: int) -> Callable[[int], None]:
    """An `os.fsync` that fails as on a full disk, at its call number `after`."""
    calls = iter(range(1000))

    def fsync(handle: int) -> None:  # noqa: ARG001 - as os.fsync
        if next(calls) == after:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    return fsync


def interrupt(handle: int) -> None:  # noqa: ARG001 - as os.fsync
    raise KeyboardInterrupt


@pytest.mark.parametrize("after", [0, 1, 2])
def test_a_full_disk_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    monkeypatch.setattr(os, "fsync", full_disk(after))
    with pytest.raises(OSError, match="No space left"):
        text_bundle().write(tmp_path / "out" / "deep")
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_the_old_bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text_bundle(note="old").write(tmp_path)
    before = files_of(tmp_path)
    monkeypatch.setattr(os, "fsync", full_disk(1))
    with pytest.raises(OSError, match="No space left"):
        text_bundle(note="new").write(tmp_path)
    assert files_of(tmp_path) == before


def test_an_interrupt_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        text_bundle().write(tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("fails", [2, 3])
def test_an_interrupt_while_renaming_leaves_the_old_bundle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: int
) -> None:
    text_bundle(note="old").write(tmp_path)
    before = files_of(tmp_path)
    rename, calls = Path.rename, iter(range(1, 100))

    def interrupted(self: Path, target: Path) -> Path:
        if next(calls) == fails:
            raise KeyboardInterrupt
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", interrupted)
    with pytest.raises(KeyboardInterrupt):
        text_bundle(note="new").write(tmp_path)
    assert files_of(tmp_path) == before


def test_replaces_a_bundle_whole(tmp_path: Path) -> None:
    with_more = text_bundle(note="old")
    folder = with_more.write(tmp_path)
    (folder / "runtime/__pycache__").mkdir()
    (folder / "runtime/__pycache__/start.pyc").write_bytes(b"left by a run")
    text_bundle(note="new").write(tmp_path)
    assert verify_files(folder) == ()
    assert (folder / "doc/note.txt").read_text("utf-8") == "note new\n"
    assert [p.name for p in tmp_path.iterdir()] == [folder.name]


def test_takes_an_empty_folder(tmp_path: Path) -> None:
    (tmp_path / "words-0.1.0-host").mkdir()
    assert verify_files(text_bundle().write(tmp_path)) == ()


def something(folder: Path) -> None:
    folder.mkdir()
    (folder / "thesis.tex").write_text("years of work", "utf-8")


def a_bundle_with_more(folder: Path) -> None:
    text_bundle().write(folder.parent)
    (folder / "doc/mine.txt").write_text("my notes", "utf-8")


def a_file(folder: Path) -> None:
    folder.write_text("a file", "utf-8")


def a_link(folder: Path) -> None:
    (folder.parent / "elsewhere").mkdir()
    folder.symlink_to(folder.parent / "elsewhere")


@pytest.mark.parametrize("obstacle", [something, a_bundle_with_more, a_file, a_link])
def test_refuses_what_is_not_its_own_and_touches_nothing(tmp_path: Path, obstacle: Callable[[Path], None]) -> None:
    folder = tmp_path / "words-0.1.0-host"
    obstacle(folder)
    before, names = files_of(tmp_path), sorted(p.name for p in tmp_path.iterdir())
    with pytest.raises(ConfigError, match="is in the way") as caught:
        text_bundle(note="new").write(tmp_path)
    assert caught.value.hint
    assert files_of(tmp_path) == before
    assert sorted(p.name for p in tmp_path.iterdir()) == names
    with pytest.raises(ConfigError):
        check_destination(folder)


def test_looks_once_more_at_what_it_replaces(tmp_path: Path) -> None:
    destination = text_bundle().write(tmp_path)

    def write_while_somebody_adds_a_file() -> None:
        with new_folder(destination) as work:
            (work / "x").write_text("x", "utf-8")
            (destination / "mine.txt").write_text("put there in the meantime", "utf-8")

    with pytest.raises(ConfigError, match=r"mine\.txt"):
        write_while_somebody_adds_a_file()
    assert (destination / "mine.txt").read_text("utf-8") == "put there in the meantime"
    assert [p.name for p in tmp_path.iterdir()] == [destination.name]


def write_often(out: Path, note: str) -> None:
    for _ in range(15):
        text_bundle(note=note).write(out)


def test_several_processes_may_write_the_same_bundle(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=write_often, args=(tmp_path, str(i))) for i in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0] * 4
    (folder,) = tmp_path.iterdir()
    assert verify_files(folder) == ()
