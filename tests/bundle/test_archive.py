import gzip
import io
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from sample_bundle import files_of, text_bundle

from packager.bundle import MANIFEST, extract, pack, parse_manifest, read_manifest, verify_files
from packager.errors import ConfigError, IntegrityError

STEM = "words-0.1.0-host"
Change = Callable[[tarfile.TarInfo, bytes], tuple[tarfile.TarInfo, bytes] | None]


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    folder = tmp_path / "dist"
    return text_bundle(note="here").archive(folder).path


def test_comes_back_as_it_was(archive: Path, tmp_path: Path) -> None:
    folder = extract(archive, tmp_path / "got")
    assert folder == tmp_path / "got" / STEM
    assert files_of(folder) == files_of(text_bundle(note="here").write(tmp_path / "written"))
    assert verify_files(folder) == ()
    assert (folder / "runtime/start.sh").stat().st_mode & 0o777 == 0o755


def test_other_programs_read_it(archive: Path, tmp_path: Path) -> None:
    with tarfile.open(archive) as tar:
        infos = tar.getmembers()
    assert [info.name for info in infos] == [f"{STEM}/{p}" for p in (MANIFEST, "doc/note.txt", "runtime/start.sh")]
    assert {(i.uid, i.gid, i.uname, i.gname, i.mtime) for i in infos} == {(0, 0, "", "", 315532800)}
    assert [info.mode for info in infos] == [0o644, 0o644, 0o755]
    subprocess.run(["tar", "xzf", archive], cwd=tmp_path, check=True)
    assert verify_files(tmp_path / STEM) == ()
    subprocess.run(["gzip", "-t", archive], check=True)


def test_is_the_same_bytes_from_memory_and_from_the_folder(archive: Path, tmp_path: Path) -> None:
    folder = text_bundle(note="here").write(tmp_path / "written")
    packed = pack(folder)
    assert packed.path == tmp_path / "written" / f"{STEM}.tar.gz"
    assert packed.path.read_bytes() == archive.read_bytes()
    assert packed.digest == text_bundle(note="here").digest()


def test_holds_no_time_no_owner_and_no_file_name(archive: Path) -> None:
    head = archive.read_bytes()[:10]
    assert head == b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"


def test_digest_is_of_the_uncompressed_tar(archive: Path) -> None:
    import hashlib

    assert text_bundle(note="here").digest() == hashlib.sha256(gzip.decompress(archive.read_bytes())).hexdigest()


def test_is_the_same_bytes_in_another_process(archive: Path, tmp_path: Path) -> None:
    import sys

    script = (
        "from sample_bundle import text_bundle; from pathlib import Path;"
        f"text_bundle(note='here').archive(Path({str(tmp_path)!r}))"
    )
    paths = f"{Path(__file__).parents[1]}:{Path(__file__).parents[2]}"
    environment = {"PYTHONPATH": paths, "PYTHONHASHSEED": "77", "TZ": "Asia/Tokyo", "LC_ALL": "C"}
    subprocess.run([sys.executable, "-c", script], check=True, env=environment)
    assert (tmp_path / archive.name).read_bytes() == archive.read_bytes()


def test_a_changed_file_is_not_packed(tmp_path: Path) -> None:
    folder = text_bundle().write(tmp_path)
    (folder / "doc/note.txt").write_bytes(b"other\n")
    with pytest.raises(IntegrityError, match=r"doc/note\.txt was changed"):
        pack(folder)
    (folder / "doc/note.txt").write_bytes(b"n")
    with pytest.raises(IntegrityError, match=r"doc/note\.txt is cut short"):
        pack(folder)
    assert [p.name for p in tmp_path.iterdir()] == [STEM]


def repacked(archive: Path, change: Change) -> None:
    """Write the archive anew as somebody would who means harm; the manifest stays."""
    buffer = io.BytesIO()
    with tarfile.open(archive) as old, tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as new:
        for info in old:
            file = old.extractfile(info)
            assert file is not None
            if changed := change(info, file.read()):
                new.addfile(changed[0], io.BytesIO(changed[1]))
    archive.write_bytes(gzip.compress(buffer.getvalue()))


def on_note(**fields: object) -> Change:
    """Change the header of one member."""

    def change(info: tarfile.TarInfo, content: bytes) -> tuple[tarfile.TarInfo, bytes]:
        if info.name.endswith("note.txt"):
            for key, value in fields.items():
                setattr(info, key, value)
            if "type" in fields:
                info.size = 0
        return info, content

    return change


def other_content(info: tarfile.TarInfo, content: bytes) -> tuple[tarfile.TarInfo, bytes]:
    return info, content.replace(b"note here", b"note HERE")


def longer(info: tarfile.TarInfo, content: bytes) -> tuple[tarfile.TarInfo, bytes]:
    if info.name.endswith("note.txt"):
        info.size, content = 1 << 20, bytes(1 << 20)
    return info, content


def without(info: tarfile.TarInfo, content: bytes) -> tuple[tarfile.TarInfo, bytes] | None:
    return None if info.name.endswith("note.txt") else (info, content)


def without_the_last(info: tarfile.TarInfo, content: bytes) -> tuple[tarfile.TarInfo, bytes] | None:
    return None if info.name.endswith("start.sh") else (info, content)


def without_manifest(info: tarfile.TarInfo, content: bytes) -> tuple[tarfile.TarInfo, bytes] | None:
    return None if info.name.endswith(MANIFEST) else (info, content)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (on_note(name="../../../etc/cron.d/x"), "file '../../../etc/cron.d/x' of"),
        (on_note(name="/etc/cron.d/x"), "'/etc/cron.d/x'"),
        (on_note(name=f"{STEM}/doc/../x"), "/doc/../x'"),
        (on_note(name=f"{STEM}\\doc\\note.txt"), "doc"),
        (on_note(name=f"{STEM}/doc/NOTE.txt"), "NOTE.txt"),
        (on_note(type=tarfile.SYMTYPE, linkname="/etc/passwd"), "symbolic link"),
        (on_note(type=tarfile.LNKTYPE, linkname="/etc/passwd"), "hard link"),
        (on_note(type=tarfile.CHRTYPE), "special member"),
        (on_note(type=tarfile.FIFOTYPE), "special member"),
        (on_note(type=tarfile.DIRTYPE), "folder"),
        (on_note(mode=0o4755), "mode 4755"),
        (on_note(uid=1000), "found file"),
        (other_content, "doc/note.txt was changed"),
        (longer, "1048576 bytes"),
        (without, "found file"),
        (without_the_last, "found the end of the archive"),
        (without_manifest, "not a sound manifest"),
    ],
)
def test_refuses_a_member_that_is_not_the_manifests(archive: Path, tmp_path: Path, change: Change, word: str) -> None:
    repacked(archive, change)
    with pytest.raises(IntegrityError) as caught:
        extract(archive, tmp_path / "got")
    assert word in str(caught.value)
    assert not (tmp_path / "got").exists()


def test_refuses_a_link_that_a_later_member_would_go_through(archive: Path, tmp_path: Path) -> None:
    def through(info: tarfile.TarInfo, content: bytes) -> tuple[tarfile.TarInfo, bytes]:
        if info.name.endswith("note.txt"):
            info.type, info.name, info.linkname, info.size = tarfile.SYMTYPE, f"{STEM}/runtime", str(tmp_path), 0
        return info, content

    repacked(archive, through)
    with pytest.raises(IntegrityError, match="symbolic link"):
        extract(archive, tmp_path / "got")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["dist"]


@pytest.mark.parametrize("part", [0.0, 0.01, 0.3, 0.6, 0.9, 0.99])
def test_refuses_an_archive_cut_short(archive: Path, tmp_path: Path, part: float) -> None:
    content = archive.read_bytes()
    archive.write_bytes(content[: int(len(content) * part)])
    with pytest.raises(IntegrityError):
        extract(archive, tmp_path / "got")
    assert not (tmp_path / "got").exists()


def test_refuses_a_tar_cut_short(archive: Path, tmp_path: Path) -> None:
    plain = gzip.decompress(archive.read_bytes())
    for length in range(0, len(plain), 256):
        archive.write_bytes(gzip.compress(plain[:length], mtime=0))
        with pytest.raises(IntegrityError):
            extract(archive, tmp_path / "got")
    assert not (tmp_path / "got").exists()


def test_refuses_every_flipped_bit_that_changes_a_file(archive: Path, tmp_path: Path) -> None:
    plain = bytearray(gzip.decompress(archive.read_bytes()))
    for place in range(0, len(plain), 97):
        plain[place] ^= 1
        archive.write_bytes(gzip.compress(plain, 1, mtime=0))
        with pytest.raises(IntegrityError):
            extract(archive, tmp_path / "got")
        plain[place] ^= 1


@pytest.mark.parametrize("tail", [b"x", gzip.compress(b"more", mtime=0), b"PK\x03\x04"])
def test_refuses_what_follows_the_end(archive: Path, tmp_path: Path, tail: bytes) -> None:
    archive.write_bytes(archive.read_bytes() + tail)
    with pytest.raises(IntegrityError):
        extract(archive, tmp_path / "got")


def test_a_bomb_is_refused_before_it_unfolds(archive: Path, tmp_path: Path) -> None:
    plain = gzip.decompress(archive.read_bytes())
    archive.write_bytes(gzip.compress(plain[:-1024] + bytes(200 << 20), 1))
    with pytest.raises(IntegrityError, match="something follows its end"):
        extract(archive, tmp_path / "got")


def test_a_manifest_may_not_ask_for_more_than_the_limit(archive: Path, tmp_path: Path) -> None:
    with pytest.raises(IntegrityError, match="would unpack to 20 bytes, more than 19"):
        extract(archive, tmp_path / "got", limit=19)
    assert not (tmp_path / "got").exists()


def test_a_manifest_of_gigabytes_is_not_read(archive: Path, tmp_path: Path) -> None:
    info = tarfile.TarInfo(f"{STEM}/{MANIFEST}")
    info.size = 5 << 30
    archive.write_bytes(gzip.compress(info.tobuf(tarfile.USTAR_FORMAT) + bytes(10_000)))
    with pytest.raises(IntegrityError, match="can't be a manifest"):
        extract(archive, tmp_path / "got")


@pytest.mark.parametrize(
    "content", [b"", b"not gzip", gzip.compress(b"", mtime=0), gzip.compress(b"x" * 5000, mtime=0)]
)
def test_refuses_what_is_no_archive(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.tar.gz").write_bytes(content)
    with pytest.raises(IntegrityError):
        extract(tmp_path / "x.tar.gz", tmp_path / "got")


def test_refuses_a_manifest_that_another_program_wrote(archive: Path, tmp_path: Path) -> None:
    import json

    def compact(info: tarfile.TarInfo, content: bytes) -> tuple[tarfile.TarInfo, bytes]:
        if info.name.endswith(MANIFEST):
            content = json.dumps(json.loads(content)).encode()
            info.size = len(content)
        return info, content

    repacked(archive, compact)
    with pytest.raises(IntegrityError, match="not as EdgePack writes it"):
        extract(archive, tmp_path / "got")


def test_does_not_unpack_over_something_else(archive: Path, tmp_path: Path) -> None:
    (tmp_path / "got" / STEM).mkdir(parents=True)
    (tmp_path / "got" / STEM / "thesis.tex").write_text("years of work", "utf-8")
    with pytest.raises(ConfigError, match="is in the way"):
        extract(archive, tmp_path / "got")


def test_replaces_an_older_bundle(archive: Path, tmp_path: Path) -> None:
    text_bundle(note="old").write(tmp_path / "got")
    folder = extract(archive, tmp_path / "got")
    assert read_manifest(folder) == parse_manifest((folder / MANIFEST).read_bytes(), source="")
    assert (folder / "doc/note.txt").read_text("utf-8") == "note here\n"
