import hashlib
import json
import os
import stat
from pathlib import Path

import pytest
from sample_bundle import files_of, text_bundle

from packager.bundle import MANIFEST, Bundle, Entry, append, pack, read_manifest, verify_files
from packager.errors import ConfigError, IntegrityError


def test_writes_a_folder_named_after_name_version_and_target(tmp_path: Path) -> None:
    folder = text_bundle(target="coral-usb").write(tmp_path / "dist" / "deep")
    assert folder == tmp_path / "dist" / "deep" / "words-0.1.0-coral-usb"
    assert sorted(files_of(tmp_path / "dist" / "deep")) == [
        "words-0.1.0-coral-usb/doc/note.txt",
        "words-0.1.0-coral-usb/manifest.json",
        "words-0.1.0-coral-usb/runtime/start.sh",
    ]
    assert verify_files(folder) == ()


def test_manifest_lists_every_file_with_role_mode_size_and_digest(tmp_path: Path) -> None:
    folder = text_bundle(note="x").write(tmp_path)
    files = json.loads((folder / MANIFEST).read_bytes())["files"]
    assert files[0] == {
        "path": "doc/note.txt",
        "role": "doc",
        "mode": "0644",
        "bytes": 7,
        "sha256": hashlib.sha256(b"note x\n").hexdigest(),
    }
    assert [(f["path"], f["mode"]) for f in files] == [("doc/note.txt", "0644"), ("runtime/start.sh", "0755")]


def test_modes_do_not_depend_on_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        folder = text_bundle().write(tmp_path)
    finally:
        os.umask(before)
    assert stat.S_IMODE((folder / "doc/note.txt").stat().st_mode) == 0o644
    assert stat.S_IMODE((folder / "runtime/start.sh").stat().st_mode) == 0o755


def test_bytes_do_not_depend_on_the_order_of_adding(tmp_path: Path) -> None:
    entries = [Entry(path=f"f{i}", content=bytes([i]), role="doc") for i in range(4)]
    one, other = Bundle("n", "1", "t"), Bundle("n", "1", "t")
    one.add(*entries)
    other.add(*entries[::-1])
    first, second = one.write(tmp_path / "one"), other.write(tmp_path / "other")
    assert files_of(first) == files_of(second)
    assert one.digest() == other.digest()


def test_contents_are_kept_as_references() -> None:
    content = b"x" * 1000
    bundle = text_bundle()
    bundle.add(Entry(path="big", content=content, role="model"))
    assert bundle._entries["big"].content is content


def test_refuses_a_path_twice() -> None:
    bundle = text_bundle()
    with pytest.raises(ConfigError, match=r"holds 'doc/note\.txt' already"):
        bundle.add(Entry(path="doc/note.txt", content=b"", role="doc"))


@pytest.mark.parametrize("path", ["../up", "/abs", "manifest.json", "MANIFEST.json", "doc/note.txt/x", "doc/NOTE.txt"])
def test_refuses_an_unsafe_path_and_writes_nothing(tmp_path: Path, path: str) -> None:
    bundle = text_bundle()
    bundle.add(Entry(path=path, content=b"", role="doc"))
    with pytest.raises(ConfigError, match="can't be written"):
        bundle.write(tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("name", "version"), [("a/b", "1"), ("", "1"), ("a", ".."), ("aux", "1"), ("a", "1:2")])
def test_refuses_an_unsafe_name_or_version(tmp_path: Path, name: str, version: str) -> None:
    with pytest.raises(ConfigError, match="can't be written"):
        Bundle(name, version, "host").write(tmp_path)


def test_refuses_an_artifact_that_was_not_added(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"artifact 'model/model\.tflite' is not among the files"):
        Bundle("n", "1", "t", artifact="model/model.tflite").write(tmp_path)


def test_append_adds_and_replaces_files_together_with_the_manifest(tmp_path: Path) -> None:
    folder = text_bundle().write(tmp_path)
    manifest = append(
        folder,
        [
            Entry(path="measurements.json", content=b"{}", role="report"),
            Entry(path="doc/note.txt", content=b"new", role="doc"),
        ],
    )
    assert read_manifest(folder) == manifest
    assert verify_files(folder) == ()
    assert (folder / "doc/note.txt").read_bytes() == b"new"
    assert [p.name for p in tmp_path.iterdir()] == [folder.name]


def test_append_gives_the_bundle_that_writing_it_at_once_gives(tmp_path: Path) -> None:
    extra = Entry(path="wheels/a.whl", content=b"wheel", role="runtime")
    folder = text_bundle().write(tmp_path / "one")
    append(folder, [extra])
    whole = text_bundle()
    whole.add(extra)
    assert files_of(folder) == files_of(whole.write(tmp_path / "other"))
    assert pack(folder).digest == whole.digest()


def test_append_does_not_hide_damage(tmp_path: Path) -> None:
    folder = text_bundle().write(tmp_path)
    (folder / "runtime/start.sh").write_bytes(b"#!/bin/ev\n")
    append(folder, [Entry(path="new", content=b"", role="doc")])
    assert [d.where for d in verify_files(folder)] == ["runtime/start.sh"]


def test_append_changes_nothing_where_it_fails(tmp_path: Path) -> None:
    folder = text_bundle().write(tmp_path)
    before = files_of(tmp_path)
    with pytest.raises(ConfigError):
        append(folder, [Entry(path="../x", content=b"", role="doc")])
    (folder / "doc/note.txt").unlink()
    del before[f"{folder.name}/doc/note.txt"]
    with pytest.raises(FileNotFoundError):
        append(folder, [Entry(path="new", content=b"", role="doc")])
    assert files_of(tmp_path) == before


def test_append_wants_a_bundle(tmp_path: Path) -> None:
    with pytest.raises(IntegrityError, match="is not a bundle"):
        append(tmp_path, [])
