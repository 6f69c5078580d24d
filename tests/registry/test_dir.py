import errno
import json
import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sample_bundle import files_of, text_bundle

from packager.bundle import Entry, extract, read_manifest, verify_files
from packager.errors import IntegrityError, RegistryError
from packager.registry.dir import Registry
from packager.util.hashing import sha256_bytes

FORK = multiprocessing.get_context("fork")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "registry"


@pytest.fixture
def registry(place: Path) -> Registry:
    return Registry(str(place))


def push(
    registry: Registry, out: Path, version: str = "0.1.0", target: str = "host", note: str = "", *, force: bool = False
) -> Path:
    folder = text_bundle(version=version, target=target, note=note).write(out)
    registry.push(folder, force=force)
    return folder


def blob_of(place: Path, folder: Path, path: str) -> Path:
    (record,) = (r for r in read_manifest(folder).files if r.path == path)
    return place / "blobs" / record.sha256[:2] / record.sha256


def test_what_is_pushed_is_pulled(registry: Registry, tmp_path: Path) -> None:
    pushed = push(registry, tmp_path / "dist")
    pulled = registry.pull("words", "0.1.0", "host", tmp_path / "got")
    assert pulled == tmp_path / "got" / pushed.name
    assert files_of(pulled) == files_of(pushed)
    assert (pulled / "runtime/start.sh").stat().st_mode & 0o777 == 0o755


def test_push_tells_what_it_did(registry: Registry, tmp_path: Path) -> None:
    folder = text_bundle().write(tmp_path)
    first, second = registry.push(folder), registry.push(folder)
    assert (first.name, first.version, first.target) == ("words", "0.1.0", "host")
    assert first.digest == sha256_bytes((folder / "manifest.json").read_bytes()) == second.digest
    assert (first.files, first.changed) == (2, True)
    assert (second.files, second.changed) == (0, False)


def test_a_content_is_kept_once(registry: Registry, tmp_path: Path, place: Path) -> None:
    push(registry, tmp_path, version="1")
    push(registry, tmp_path, version="2", note="other")
    blobs = [path for path in (place / "blobs").rglob("*") if path.is_file()]
    assert len(blobs) == 5  # two manifests, two notes, one start.sh
    assert all(sha256_bytes(blob.read_bytes()) == blob.name for blob in blobs)


def test_without_a_version_it_is_the_newest_that_has_the_target(registry: Registry, tmp_path: Path) -> None:
    for version, target in [("0.9.0", "host"), ("0.10.0", "host"), ("0.10.0", "coral"), ("0.11.0", "coral")]:
        push(registry, tmp_path, version=version, target=target)
    assert registry.pull("words", "", "host", tmp_path / "got").name == "words-0.10.0-host"
    assert registry.pull("words", "", "coral", tmp_path / "got").name == "words-0.11.0-coral"
    assert registry.pull("words", "", "", tmp_path / "got").name == "words-0.11.0-coral"


def test_a_target_is_asked_for_where_there_are_several(registry: Registry, tmp_path: Path) -> None:
    push(registry, tmp_path, target="host")
    push(registry, tmp_path, target="coral")
    with pytest.raises(RegistryError, match="there for 2 targets") as caught:
        registry.pull("words", "", "", tmp_path / "got")
    assert "coral, host" in caught.value.hint


@pytest.mark.parametrize(
    ("name", "version", "target", "message", "hint"),
    [
        ("wrods", "", "host", "no bundle called 'wrods'", "'words'"),
        ("words", "0.1.1", "host", "no version of 'words' called '0.1.1'", "'0.1.0'"),
        ("words", "0.1.0", "hots", "no target of words 0.1.0 called 'hots'", "'host'"),
        ("words", "", "raspberrypi", "no target of words 0.1.0 called 'raspberrypi'", "known: host"),
        ("../words", "", "host", "no bundle called", ""),
        ("words", "..", "host", "no version of", ""),
    ],
)
def test_names_the_nearest(
    registry: Registry, tmp_path: Path, name: str, version: str, target: str, message: str, hint: str
) -> None:
    push(registry, tmp_path / "dist")
    with pytest.raises(RegistryError, match=message) as caught:
        registry.pull(name, version, target, tmp_path / "got")
    assert hint in caught.value.hint
    assert not (tmp_path / "got").exists()


def test_pull_wants_a_registry(tmp_path: Path) -> None:
    for place in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(RegistryError, match="there is no registry at"):
            Registry(str(place)).pull("words", "", "host", tmp_path / "got")


def test_push_does_not_settle_among_other_things(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home/thesis.tex").write_text("years of work", "utf-8")
    with pytest.raises(RegistryError, match=r"is no registry: it holds 'thesis\.tex'"):
        push(Registry(str(tmp_path / "home")), tmp_path / "dist")
    assert [p.name for p in (tmp_path / "home").iterdir()] == ["thesis.tex"]


def test_other_content_under_the_same_name_needs_force(registry: Registry, tmp_path: Path) -> None:
    push(registry, tmp_path / "a", note="first")
    with pytest.raises(RegistryError, match=r"another words 0\.1\.0 for host is there") as caught:
        push(registry, tmp_path / "b", note="second")
    assert "--force" in caught.value.hint
    got = registry.pull("words", "", "host", tmp_path / "got")
    assert (got / "doc/note.txt").read_text("utf-8") == "note first\n"
    push(registry, tmp_path / "b", note="second", force=True)
    assert registry.pull("words", "", "host", tmp_path / "got") == got
    assert (got / "doc/note.txt").read_text("utf-8") == "note second\n"


def test_a_bundle_that_differs_from_its_manifest_is_not_pushed(registry: Registry, place: Path, tmp_path: Path) -> None:
    folder = text_bundle().write(tmp_path / "dist")
    (folder / "doc/note.txt").write_bytes(b"other\n")
    (folder / "extra").write_bytes(b"")
    with pytest.raises(IntegrityError, match=r"doc/note\.txt: was changed.*\n.*extra: is not in the manifest"):
        registry.push(folder)
    assert not place.exists()


def corrupt(blob: Path) -> None:
    content = bytearray(blob.read_bytes())
    content[0] ^= 1
    blob.write_bytes(content)


def truncate(blob: Path) -> None:
    blob.write_bytes(blob.read_bytes()[:-1])


def lengthen(blob: Path) -> None:
    with blob.open("ab") as file:
        file.truncate(1 << 40)


def exchange(blob: Path) -> None:
    blob.write_bytes(b"<html>502 Bad Gateway</html>")


DAMAGES = [corrupt, truncate, lengthen, exchange, Path.unlink]


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("path", ["doc/note.txt", "manifest.json"])
def test_damage_is_found_named_and_leaves_nothing(
    registry: Registry, place: Path, tmp_path: Path, damage: Callable[[Path], None], path: str
) -> None:
    folder = push(registry, tmp_path / "dist")
    digest = sha256_bytes((folder / path).read_bytes())
    damage(place / "blobs" / digest[:2] / digest)
    with pytest.raises(IntegrityError, match=path.replace(".", r"\.")) as caught:
        registry.pull("words", "", "host", tmp_path / "got")
    assert "push the bundle again" in caught.value.hint
    assert not (tmp_path / "got").exists()


@pytest.mark.parametrize("damage", DAMAGES)
def test_pushing_again_mends_a_damaged_registry(
    registry: Registry, place: Path, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    folder = push(registry, tmp_path / "dist")
    damage(blob_of(place, folder, "doc/note.txt"))
    assert registry.push(folder).files == 1
    assert verify_files(registry.pull("words", "", "host", tmp_path / "got")) == ()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"manifest": 3}', b'{"manifest": "../../x"}'])
def test_a_damaged_index_is_told_and_mended_by_force(
    registry: Registry, place: Path, tmp_path: Path, content: bytes
) -> None:
    folder = push(registry, tmp_path / "dist")
    (place / "index/words/0.1.0/host.json").write_bytes(content)
    with pytest.raises(IntegrityError, match=r"index of words 0\.1\.0 for host is damaged"):
        registry.pull("words", "", "host", tmp_path / "got")
    with pytest.raises(RegistryError, match="its manifest is damaged"):
        registry.push(folder)
    registry.push(folder, force=True)
    assert verify_files(registry.pull("words", "", "host", tmp_path / "got")) == ()


def test_a_manifest_blob_that_lies_is_refused(registry: Registry, place: Path, tmp_path: Path) -> None:
    """An index that names sound JSON of somebody else's making: paths are checked before a file is opened."""
    folder = push(registry, tmp_path / "dist")
    evil = (folder / "manifest.json").read_bytes().replace(b"doc/note.txt", b"../../evil!!")
    digest = sha256_bytes(evil)
    (place / "blobs" / digest[:2]).mkdir(exist_ok=True)
    (place / "blobs" / digest[:2] / digest).write_bytes(evil)
    (place / "index/words/0.1.0/host.json").write_text(json.dumps({"schema": 1, "manifest": digest}), "utf-8")
    with pytest.raises(IntegrityError, match="not a sound manifest"):
        registry.pull("words", "", "host", tmp_path / "got")
    assert not (tmp_path / "got").exists()


def full_disk(handle: int) -> None:  # noqa: ARG001 - as os.fsync
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_of_the_registry_is_told_and_leaves_it_sound(
    registry: Registry, place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    push(registry, tmp_path, version="1")
    folder = text_bundle(version="2", note="new").write(tmp_path)
    before = files_of(place)
    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(RegistryError, match="No space left on device"):
        registry.push(folder)
    monkeypatch.undo()
    assert {name: data for name, data in files_of(place).items() if not name.startswith("locks/")} == {
        name: data for name, data in before.items() if not name.startswith("locks/")
    }


def test_a_full_disk_here_leaves_nothing(registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    push(registry, tmp_path / "dist")
    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(OSError, match="No space left on device"):
        registry.pull("words", "", "host", tmp_path / "got")
    assert not (tmp_path / "got").exists()


def test_pull_works_from_a_registry_that_is_read_only(registry: Registry, place: Path, tmp_path: Path) -> None:
    push(registry, tmp_path / "dist")
    before = files_of(place)
    registry.pull("words", "", "host", tmp_path / "got")
    assert files_of(place) == before


def test_a_sound_bundle_that_lies_there_is_left_alone(registry: Registry, tmp_path: Path) -> None:
    push(registry, tmp_path / "dist")
    got = registry.pull("words", "", "host", tmp_path / "got")
    before = (got / "doc/note.txt").stat()
    registry.pull("words", "", "host", tmp_path / "got")
    assert (got / "doc/note.txt").stat().st_ino == before.st_ino
    (got / "doc/note.txt").write_bytes(b"other\n")
    registry.pull("words", "", "host", tmp_path / "got")
    assert verify_files(got) == ()


def test_a_part_that_a_killed_push_left_is_written_anew(registry: Registry, place: Path, tmp_path: Path) -> None:
    folder = text_bundle().write(tmp_path / "dist")
    blob = blob_of(place, folder, "doc/note.txt")
    push(registry, tmp_path / "other", version="9", note="x")
    blob.parent.mkdir(exist_ok=True)
    blob.with_suffix(".part").write_bytes(b"half of something el")
    registry.push(folder)
    assert not blob.with_suffix(".part").exists()
    assert verify_files(registry.pull("words", "0.1.0", "host", tmp_path / "got")) == ()


def big_bundle(out: Path) -> Path:
    bundle = text_bundle(version="7")
    for i in range(24):
        bundle.add(Entry(path=f"model/part{i}.bin", content=bytes([i]) * (1 << 20), role="model"))
    return bundle.write(out)


def test_a_push_that_is_killed_leaves_the_registry_sound(registry: Registry, place: Path, tmp_path: Path) -> None:
    push(registry, tmp_path / "dist", version="1")
    folder = big_bundle(tmp_path / "dist")
    for delay in (0.0, 0.01, 0.03, 0.06, 0.1, 0.15):
        process = FORK.Process(target=registry.push, args=(folder,))
        process.start()
        time.sleep(delay)
        os.kill(process.pid or 0, signal.SIGKILL)
        process.join()
        assert verify_files(registry.pull("words", "1", "host", tmp_path / "got")) == ()
    registry.push(folder)
    assert verify_files(registry.pull("words", "7", "host", tmp_path / "got")) == ()
    assert not list(place.rglob("*.part"))


def pull_and_check(place: str, into: Path, results: "multiprocessing.Queue[str]") -> None:
    for _ in range(4):
        folder = Registry(place).pull("words", "0.1.0", "host", into)
        results.put(sha256_bytes((folder / "doc/note.txt").read_bytes()))


def push_and_count(place: str, folder: Path, results: "multiprocessing.Queue[str]") -> None:
    results.put(str(Registry(place).push(folder).changed))


def run_together(target: Callable[..., None], arguments: list[tuple[object, ...]]) -> list[str]:
    results: multiprocessing.Queue[str] = FORK.Queue()
    workers = [FORK.Process(target=target, args=(*args, results)) for args in arguments]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0] * len(workers)
    found = []
    while not results.empty():
        found.append(results.get())
    return found


@pytest.mark.parametrize("names", [["all"] * 8, list("abcdefgh")])
def test_eight_pull_at_once(registry: Registry, place: Path, tmp_path: Path, names: list[str]) -> None:
    folder = push(registry, tmp_path / "dist")
    into = [tmp_path / "got" / name for name in names]
    found = run_together(pull_and_check, [(str(place), path) for path in into])
    assert found == [sha256_bytes((folder / "doc/note.txt").read_bytes())] * 32
    for path in into:
        assert [p.name for p in path.iterdir()] == [folder.name]
        assert verify_files(path / folder.name) == ()


def test_eight_push_the_same_at_once_and_one_of_them_makes_the_entry(
    registry: Registry, place: Path, tmp_path: Path
) -> None:
    folder = big_bundle(tmp_path / "dist")
    found = run_together(push_and_count, [(str(place), folder)] * 8)
    assert sorted(found) == ["False"] * 7 + ["True"]
    assert verify_files(registry.pull("words", "7", "host", tmp_path / "got")) == ()


def test_eight_push_different_bundles_at_once(registry: Registry, place: Path, tmp_path: Path) -> None:
    folders = [text_bundle(version=str(i), note=str(i % 2)).write(tmp_path / "dist") for i in range(8)]
    assert run_together(push_and_count, [(str(place), folder) for folder in folders]) == ["True"] * 8
    for i in range(8):
        got = registry.pull("words", str(i), "host", tmp_path / "got")
        assert (got / "doc/note.txt").read_text("utf-8") == f"note {i % 2}\n"


def push_or_lose(place: str, folder: Path, results: "multiprocessing.Queue[str]") -> None:
    try:
        Registry(place).push(folder)
    except RegistryError:
        results.put("refused")
    else:
        results.put(folder.parent.name)


def test_of_eight_that_push_other_content_under_one_name_one_wins(
    registry: Registry, place: Path, tmp_path: Path
) -> None:
    folders = [text_bundle(note=str(i)).write(tmp_path / str(i)) for i in range(8)]
    found = run_together(push_or_lose, [(str(place), folder) for folder in folders])
    (winner,) = (name for name in found if name != "refused")
    got = registry.pull("words", "", "host", tmp_path / "got")
    assert (got / "doc/note.txt").read_text("utf-8") == f"note {winner}\n"


def test_an_archive_and_a_pull_give_the_same_bundle(registry: Registry, tmp_path: Path) -> None:
    bundle = text_bundle()
    registry.push(extract(bundle.archive(tmp_path / "dist").path, tmp_path / "unpacked"))
    pulled = registry.pull("words", "", "host", tmp_path / "got")
    assert files_of(pulled) == files_of(bundle.write(tmp_path / "written"))
