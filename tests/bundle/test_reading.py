from pathlib import Path

import pytest
from sample_bundle import text_bundle

from packager.bundle import MANIFEST, read_manifest, verify_files
from packager.bundle.manifest import MANIFEST_LIMIT
from packager.errors import IntegrityError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return text_bundle().write(tmp_path)


def found(folder: Path) -> list[tuple[str, str]]:
    return [(d.where, d.message) for d in verify_files(folder)]


def test_a_sound_bundle_has_nothing_to_say(folder: Path) -> None:
    assert found(folder) == []


def test_names_every_difference_at_once(folder: Path) -> None:
    (folder / "doc/note.txt").write_bytes(b"Note \n")
    (folder / "runtime/start.sh").unlink()
    (folder / "runtime/more.sh").write_bytes(b"")
    assert found(folder) == [
        ("doc/note.txt", "was changed: its SHA-256 differs"),
        ("runtime/start.sh", "is missing"),
        ("runtime/more.sh", "is not in the manifest"),
    ]


def test_tells_a_truncated_file(folder: Path) -> None:
    (folder / "doc/note.txt").write_bytes(b"n")
    assert found(folder) == [("doc/note.txt", "has 1 bytes, not 6")]


def test_a_link_is_no_file_of_the_bundle(folder: Path, tmp_path: Path) -> None:
    (folder / "doc").rename(tmp_path / "elsewhere")
    (folder / "doc").symlink_to(tmp_path / "elsewhere")
    assert found(folder) == [
        ("doc/note.txt", "is a link, or lies behind one"),
        ("doc", "is not in the manifest"),
    ]


def test_a_folder_in_a_files_place_is_missing(folder: Path) -> None:
    (folder / "doc/note.txt").unlink()
    (folder / "doc/note.txt").mkdir()
    assert found(folder) == [("doc/note.txt", "is missing")]


def test_wants_a_manifest(tmp_path: Path) -> None:
    with pytest.raises(IntegrityError, match=r"is not a bundle: manifest\.json: No such file"):
        read_manifest(tmp_path)


def test_a_huge_manifest_is_not_read_into_memory(folder: Path) -> None:
    with (folder / MANIFEST).open("wb") as file:
        file.truncate(MANIFEST_LIMIT * 1000)
    with pytest.raises(IntegrityError, match="larger than"):
        read_manifest(folder)
