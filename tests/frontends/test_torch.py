"""PyTorch files: what they are is seen from outside; pickles are never opened."""

import importlib.util
import io
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest
from frontends.framework import torch_model, torch_pickles

from packager.errors import ConfigError, ToolError, UnsupportedError
from packager.frontends import ReadOptions, read_model
from packager.interp.litert import run_litert
from packager.ir import write_tflite
from packager.util.child import call

needs_torch = pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="needs edgepack[torch]")
PROGRAM = ("m/models/model.json", "m/data/weights/weight_0", "m/archive_format")
SCRIPT = ("m/data.pkl", "m/constants.pkl", "m/code/__torch__/net.py")


def archive(path: Path, *members: str) -> Path:
    with zipfile.ZipFile(path, "w") as file:
        for name in members:
            file.writestr(name, b"content")
    return path


@pytest.mark.parametrize("name", ["m.pt", "m.pth", "m.pt2"])
@pytest.mark.parametrize("protocol", [2, 4, 5])
def test_plain_pickle(tmp_path: Path, name: str, protocol: int) -> None:
    path = tmp_path / name
    path.write_bytes(pickle.dumps({"weight": [1.0]}, protocol))
    with pytest.raises(UnsupportedError, match=r"a pickle .* runs code when opened") as refusal:
        read_model(path)
    assert "torch.export.save(torch.export.export(model.eval()" in refusal.value.hint


def test_zipped_pickle(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedError, match="a pickle"):
        read_model(archive(tmp_path / "m.pth", "m/data.pkl", "m/version", "m/data/0"))


@pytest.mark.parametrize(
    ("member", "message"),
    [
        ("m/data/aotinductor/model/x.so", "compiled for one machine by AOTInductor"),
        ("m/readme.txt", "an archive without a PyTorch program in it"),
    ],
)
def test_other_archives(tmp_path: Path, member: str, message: str) -> None:
    with pytest.raises(UnsupportedError, match=message):
        read_model(archive(tmp_path / "m.pt2", member))


def test_program_with_pickled_objects(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedError, match="holds pickled objects"):
        read_model(archive(tmp_path / "m.pt2", *PROGRAM, "m/data/constants/opaque_obj_0"))


@pytest.mark.parametrize("members", [PROGRAM, SCRIPT])
def test_missing_extra_is_named(tmp_path: Path, members: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    path = archive(tmp_path / "m.pt", *members)
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(ToolError, match="reading a PyTorch model needs torch and onnxscript") as refusal:
        read_model(path)
    assert refusal.value.hint == "pip install 'edgepack[torch]'"


@pytest.mark.parametrize("share", [0.3, 0.95])
def test_truncated(tmp_path: Path, share: float) -> None:
    content = archive(tmp_path / "whole.pt2", *PROGRAM).read_bytes()
    path = tmp_path / "m.pt2"
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(UnsupportedError, match="damaged or truncated archive"):
        read_model(path)


@pytest.mark.slow
@needs_torch
@pytest.mark.parametrize("kind", ["residual", "sequential"])
@pytest.mark.parametrize("suffix", [".pt2", ".pt"])
def test_conversion(tmp_path: Path, suffix: str, kind: str) -> None:
    path = tmp_path / f"net{suffix}"
    call(torch_model, kind, path, tmp_path / "data.npz")
    shapes = {} if suffix == ".pt2" else {"": (1, 3, 12, 12)}
    source = read_model(path, ReadOptions(input_shapes=shapes))
    data = np.load(tmp_path / "data.npz")
    (got,) = run_litert(write_tflite(source.model), [data["x"]])
    np.testing.assert_allclose(got, data["y"], atol=1e-5)
    assert source.format == "torch"
    assert {"torch", "onnx"} <= {name for name, _ in source.tools}
    assert "TRANSPOSE" not in [n.op for n in source.model.main.nodes]


@pytest.mark.slow
@needs_torch
def test_torchscript_asks_for_its_shape(tmp_path: Path) -> None:
    path = tmp_path / "net.pt"
    call(torch_model, "sequential", path, tmp_path / "data.npz")
    with pytest.raises(ConfigError, match=r"net\.pt: input 'input' has no shape") as refusal:
        read_model(path)
    assert "--input-shape input=" in refusal.value.hint


@pytest.mark.slow
@needs_torch
def test_pickles_that_torch_writes(tmp_path: Path) -> None:
    call(torch_pickles, tmp_path)
    for name in ("module.pt", "state.pth", "old.pth"):
        with pytest.raises(UnsupportedError, match="a pickle"):
            read_model(tmp_path / name)


class Bomb:
    """Unpickling this would create a file."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[object, ...]:
        return (Path.touch, (self.target,))


@pytest.mark.slow
@needs_torch
def test_code_in_a_program_is_not_run(tmp_path: Path) -> None:
    """The example inputs of an exported program are a pickle, which `torch.export.load` opens."""
    path, target = tmp_path / "net.pt2", tmp_path / "exploded"
    call(torch_model, "sequential", path, tmp_path / "data.npz")
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as file:
        file.writestr("model/data.pkl", pickle.dumps(Bomb(target), protocol=2))
        file.writestr("model/version", "3\n")
        file.writestr("model/byteorder", "little")
    with zipfile.ZipFile(path) as whole:
        members = {name: whole.read(name) for name in whole.namelist()}
    (inputs,) = [name for name in members if "sample_inputs" in name]
    members[inputs] = inner.getvalue()
    with zipfile.ZipFile(path, "w") as file:
        for name, content in members.items():
            file.writestr(name, content)
    with pytest.raises(UnsupportedError):
        read_model(path)
    assert not target.exists()
