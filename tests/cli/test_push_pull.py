import json
from pathlib import Path

import pytest
from sample_bundle import files_of, text_bundle

from packager.cli.main import main


@pytest.fixture
def registry(tmp_path: Path) -> str:
    return f"dir:{tmp_path / 'registry'}"


def test_a_bundle_goes_there_and_back(tmp_path: Path, registry: str, capsys: pytest.CaptureFixture[str]) -> None:
    folder = text_bundle(target="raspberrypi-4").write(tmp_path / "dist")
    assert main(["push", str(folder), registry]) == 0
    assert capsys.readouterr().out.startswith(f"{registry}/words:0.1.0 for raspberrypi-4: 2 new files, manifest ")
    got = tmp_path / "got"
    assert main(["pull", f"{registry}/words:0.1.0", "--target", "raspberrypi-4", "-o", str(got)]) == 0
    assert capsys.readouterr().out == f"{got / folder.name}\n"
    assert files_of(got / folder.name) == files_of(folder)


def test_an_archive_is_pushed_as_well(tmp_path: Path, registry: str, capsys: pytest.CaptureFixture[str]) -> None:
    archive = text_bundle().archive(tmp_path).path
    assert main(["push", str(archive), registry, "--json"]) == 0
    first = json.loads(capsys.readouterr().out)
    assert (first["name"], first["version"], first["target"], first["files"]) == ("words", "0.1.0", "host", 2)
    assert main(["push", str(text_bundle().write(tmp_path)), registry, "--json"]) == 0
    second = json.loads(capsys.readouterr().out)
    assert second == {**first, "files": 0, "changed": False}


def test_pull_json(tmp_path: Path, registry: str, capsys: pytest.CaptureFixture[str]) -> None:
    main(["push", str(text_bundle().write(tmp_path)), registry])
    capsys.readouterr()
    assert main(["pull", f"{registry}/words", "-o", str(tmp_path / "got"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"bundle": str(tmp_path / "got" / "words-0.1.0-host")}


def test_another_content_needs_force(tmp_path: Path, registry: str, capsys: pytest.CaptureFixture[str]) -> None:
    main(["push", str(text_bundle(note="a").write(tmp_path / "a")), registry])
    other = text_bundle(note="b").write(tmp_path / "b")
    assert main(["push", str(other), registry]) == 5
    assert "--force" in capsys.readouterr().err
    assert main(["push", str(other), registry, "--force"]) == 0


@pytest.mark.parametrize(
    ("reference", "options", "code", "word"),
    [
        ("/words:0.2.0", [], 5, "did you mean '0.1.0'?"),
        ("/wrods", [], 5, "did you mean 'words'?"),
        ("/words", ["--target", "hots"], 5, "did you mean 'host'?"),
        ("words", [], 5, "there is no registry at"),
        ("", [], 5, "there is no registry at"),
        ("/words:", [], 2, "names no bundle in a registry"),
    ],
)
def test_pull_names_the_nearest(
    tmp_path: Path,
    registry: str,
    reference: str,
    options: list[str],
    code: int,
    word: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    main(["push", str(text_bundle().write(tmp_path / "dist")), registry])
    assert main(["pull", registry + reference, "-o", str(tmp_path / "got"), *options]) == code
    assert word in capsys.readouterr().err
    assert not (tmp_path / "got").exists()


def test_an_unknown_kind_of_registry(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = text_bundle().write(tmp_path)
    assert main(["push", str(folder), "ftp:there"]) == 2
    assert "no kind of registry is called 'ftp'" in capsys.readouterr().err


def test_damage_in_the_registry_is_exit_code_4(
    tmp_path: Path, registry: str, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["push", str(text_bundle().write(tmp_path / "dist")), registry])
    for blob in (tmp_path / "registry" / "blobs").rglob("*"):
        if blob.is_file():
            blob.write_bytes(b"other")
    assert main(["pull", f"{registry}/words", "-o", str(tmp_path / "got")]) == 4
    assert "is damaged" in capsys.readouterr().err
    assert not (tmp_path / "got").exists()
