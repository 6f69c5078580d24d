import json
from pathlib import Path

import pytest
from sample_bundle import files_of, golden, npy, text_bundle, tiny_bundle

from packager.bundle import Entry
from packager.cli.main import main


def test_a_sound_bundle(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tiny_bundle().write(tmp_path)
    before = files_of(tmp_path)
    assert main(["verify", str(folder)]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines() == [
        "tiny-0.1.0-host: 5 files are what the manifest says",
        "  litert-default: 5 golden vectors come out",
        "  numpy-xnnpack: 5 golden vectors come out",
    ]
    assert err == ""
    assert files_of(tmp_path) == before


def test_an_archive(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(text_bundle().archive(tmp_path).path)]) == 0
    assert capsys.readouterr().out == (
        "words-0.1.0-host: 2 files are what the manifest says\n  no golden vectors in it\n"
    )


def test_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(tiny_bundle().write(tmp_path)), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["bundle"] == "tiny-0.1.0-host"
    assert document["golden"][0] == {"engine": "litert-default", "count": 5, "difference": "", "skipped": ""}


def test_every_changed_file_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tiny_bundle().write(tmp_path)
    (folder / "model/model.tflite").write_bytes(b"x")
    (folder / "new").write_bytes(b"")
    assert main(["verify", str(folder)]) == 4
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"error: {folder}: model/model.tflite: has 1 bytes, not ")
    assert "\n  - new: is not in the manifest\n" in err


def test_vectors_that_do_not_come_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import io

    import numpy as np

    index, inputs, outputs = golden()
    other = np.load(io.BytesIO(outputs.content))
    other[0, 0] ^= 1
    wrong = Entry(path=outputs.path, content=npy(other), role="golden")
    folder = tiny_bundle(vectors=(index, inputs, wrong)).write(tmp_path)
    assert main(["verify", str(folder), "--json"]) == 4
    out, err = capsys.readouterr()
    assert "1 of 15 values differ" in json.loads(out)["golden"][0]["difference"]
    assert "the golden vectors do not come out\n  - litert-default: output 0: 1 of 15 values differ" in err


def test_an_engine_that_is_not_here_does_not_fail_the_bundle(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = json.loads(golden()[0].content)["engines"]
    vectors = golden({"engines": {"abacus": table["litert-default"]}})
    assert main(["verify", str(tiny_bundle(vectors=vectors).write(tmp_path))]) == 0
    assert "abacus: not run: no engine is called 'abacus'" in capsys.readouterr().out


@pytest.mark.parametrize("damage", [b"", b"\x1f\x8b", b"PK\x03\x04 a zip"])
def test_a_damaged_archive(tmp_path: Path, damage: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "b.tar.gz").write_bytes(damage)
    assert main(["verify", str(tmp_path / "b.tar.gz")]) == 4
    assert capsys.readouterr().err.startswith("error: b.tar.gz: ")


def test_a_missing_bundle(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(tmp_path / "nothing")]) == 2
    assert "does not exist" in capsys.readouterr().err
