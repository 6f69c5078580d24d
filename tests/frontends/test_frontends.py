"""Which front end a path goes to, and what happens to paths that go to none."""

from pathlib import Path

import pytest
from ir.tiny import float_model

from packager import frontends
from packager.errors import ConfigError, UnsupportedError
from packager.frontends import find_frontend, read_model
from packager.frontends.keras import FRONTEND as KERAS
from packager.frontends.onnx import FRONTEND as ONNX
from packager.frontends.saved_model import FRONTEND as SAVED_MODEL
from packager.frontends.tflite import FRONTEND as TFLITE
from packager.frontends.torch import FRONTEND as TORCH
from packager.ir import write_tflite

ALL = (KERAS, ONNX, SAVED_MODEL, TFLITE, TORCH)


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("a.tflite", TFLITE),
        ("a.TFLITE", TFLITE),
        ("a.lite", TFLITE),
        ("a.keras", KERAS),
        ("a.h5", KERAS),
        ("a.hdf5", KERAS),
        ("a.onnx", ONNX),
        ("a.pt2", TORCH),
        ("a.pt", TORCH),
        ("a.pth", TORCH),
        ("a.bin", None),
        ("a", None),
    ],
)
def test_suffix_decides(tmp_path: Path, name: str, wanted: object) -> None:
    path = tmp_path / name
    path.write_bytes(b"x")
    assert find_frontend(path) is wanted
    assert [f for f in ALL if f.accepts(path)] == ([wanted] if wanted else [])


def test_folder_with_a_graph_is_a_saved_model(tmp_path: Path) -> None:
    assert find_frontend(tmp_path) is None
    (tmp_path / "saved_model.pb").write_bytes(b"x")
    assert find_frontend(tmp_path) is SAVED_MODEL


def test_folder_named_like_a_file_is_none(tmp_path: Path) -> None:
    folder = tmp_path / "model.onnx"
    folder.mkdir()
    assert find_frontend(folder) is None


def test_every_front_end_is_found_without_being_listed() -> None:
    assert frontends._names() == ["keras", "onnx", "saved_model", "tflite", "torch"]


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        read_model(tmp_path / "nothing.onnx")


def test_unknown_format_names_those_known(tmp_path: Path) -> None:
    path = tmp_path / "model.caffemodel"
    path.write_bytes(b"x")
    with pytest.raises(ConfigError, match="no front end reads this") as refusal:
        read_model(path)
    assert "keras, onnx, saved_model, tflite, torch" in refusal.value.hint


@pytest.mark.parametrize("name", ["a.tflite", "a.keras", "a.h5", "a.onnx", "a.pt2", "a.pt"])
def test_empty_file(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.touch()
    with pytest.raises(UnsupportedError, match="the file is empty"):
        read_model(path)


@pytest.mark.parametrize("name", ["a.keras", "a.h5", "a.onnx", "a.pt2", "a.pt"])
def test_renamed_tflite_file_is_recognized(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(write_tflite(float_model()))
    with pytest.raises(UnsupportedError, match="but a TFLite file") as refusal:
        read_model(path)
    assert refusal.value.hint == "name it .tflite"


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"\x89HDF\r\n\x1a\n", "an HDF5 file"),
        (b"PK\x03\x04", "a zip archive"),
        (b"version https://git-lfs.github.com/spec/v1\n", "a Git LFS pointer"),
        (b"<!DOCTYPE html>", "a web page"),
    ],
)
def test_mix_ups_are_named(tmp_path: Path, content: bytes, what: str) -> None:
    path = tmp_path / "model.tflite"
    path.write_bytes(content.ljust(64, b"\0"))
    with pytest.raises(UnsupportedError, match=f"not a TFLite file but {what}"):
        read_model(path)


def test_unreadable_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(b"x")

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(ConfigError, match="Permission denied"):
        read_model(path)
