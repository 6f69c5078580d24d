"""SavedModel folders: incomplete ones, the choice of a signature, and conversions that compute what TensorFlow does."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from frontends.framework import keras_saved_model, saved_model, served
from reference import reference

from packager.errors import ConfigError, ToolError, UnsupportedError
from packager.frontends import ReadOptions, Source, read_model
from packager.interp.litert import run_litert
from packager.ir import write_tflite
from packager.util.child import call

needs_tensorflow = pytest.mark.skipif(
    importlib.util.find_spec("tensorflow") is None, reason="needs edgepack[tensorflow]"
)
GRAPH = b"\x08\x01"
"""The least that passes for a message: a field 1 of value 1."""


def folder(path: Path, *files: str, graph: bytes = GRAPH) -> Path:
    (path / "variables").mkdir()
    (path / "saved_model.pb").write_bytes(graph)
    for name in files:
        (path / "variables" / name).write_bytes(b"x")
    return path


@pytest.mark.parametrize(
    ("present", "missing"),
    [("variables.index", r"variables\.data-\*"), ("variables.data-00000-of-00001", r"variables\.index")],
)
def test_half_a_folder(tmp_path: Path, present: str, missing: str) -> None:
    with pytest.raises(UnsupportedError, match=rf"variables/{missing} is missing") as refusal:
        read_model(folder(tmp_path, present))
    assert refusal.value.hint == "copy the whole folder"


def test_cut_graph(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedError, match=r"saved_model\.pb: damaged: field 1 ends at byte 102"):
        read_model(folder(tmp_path, graph=b"\x0a\x64" + bytes(50)))


def test_missing_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(ToolError, match="reading a SavedModel needs tensorflow") as refusal:
        read_model(folder(tmp_path))
    assert refusal.value.hint == "pip install 'edgepack[tensorflow]'"


def check(source: Source, data: Path) -> None:
    arrays = np.load(data)
    got = run_litert(write_tflite(source.model), [arrays[f"in_{name}"] for name in source.model.input_names()])
    for name, values in zip(source.model.output_names(), got, strict=True):
        np.testing.assert_allclose(values, arrays[f"out_{name}"], rtol=1e-4, atol=1e-5)
    assert not any(t.type.dynamic_dims for t in source.model.main.tensors)


@pytest.mark.slow
@needs_tensorflow
def test_default_signature_of_several(tmp_path: Path) -> None:
    call(saved_model, "serving", tmp_path / "model", tmp_path / "data.npz")
    source = read_model(tmp_path / "model")
    assert source.format == "saved_model"
    assert source.model.input_names() == ("image", "shift")
    assert source.model.output_names() == ("mean", "moved")
    check(source, tmp_path / "data.npz")


@pytest.mark.slow
@needs_tensorflow
def test_no_default_among_several_signatures(tmp_path: Path) -> None:
    call(saved_model, "nameless", tmp_path / "model")
    with pytest.raises(UnsupportedError, match=r"no signature is named 'serving_default'; there is: first, second"):
        read_model(tmp_path / "model")


@pytest.mark.slow
@needs_tensorflow
def test_dynamic_dimension_is_asked_for(tmp_path: Path) -> None:
    call(saved_model, "dynamic", tmp_path / "model", tmp_path / "data.npz")
    with pytest.raises(ConfigError, match=r"model: input 'image' has the dynamic shape \(\?, \?, 6, 2\)"):
        read_model(tmp_path / "model")
    source = read_model(tmp_path / "model", ReadOptions(input_shapes={"": (1, 8, 6, 2)}))
    assert [n.op for n in source.model.main.nodes] == ["CONV_2D"]
    check(source, tmp_path / "data.npz")


@pytest.mark.slow
@needs_tensorflow
def test_what_keras_exports(tmp_path: Path) -> None:
    call(keras_saved_model, tmp_path / "model", tmp_path / "data.npz")
    check(read_model(tmp_path / "model"), tmp_path / "data.npz")


@pytest.mark.slow
@needs_tensorflow
def test_damaged_graph_of_the_right_length(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedError, match="damaged SavedModel"):
        read_model(folder(tmp_path, graph=b"\x0a\x02\xff\xff\x12\x03abc"))


@pytest.mark.slow
@needs_tensorflow
def test_mlperf_original() -> None:
    path = reference("mlperf-tiny/kws_ref_model")
    recorded = np.load(reference("mlperf-tiny/kws01.npz"))
    inputs = ((recorded["x"][:100].astype(np.float32) - 83) * np.float32(0.5847029)).reshape(-1, 49, 10, 1)
    wanted = call(served, path, "input_1", inputs)
    source = read_model(path)
    (got,) = run_litert(write_tflite(source.model), [inputs])
    np.testing.assert_allclose(got, wanted, atol=1e-5)
    assert source.model.input_names() == ("input_1",)
    accuracy = float((got.argmax(1) == recorded["y"].reshape(-1)[:100]).mean())
    assert accuracy > 0.85
