"""Keras files: refusals without TensorFlow where possible, and conversions that compute what Keras computes."""

import importlib.util
import io
import json
import random
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from frontends.framework import keras_model, keras_predictions
from reference import reference

from packager.errors import ConfigError, EdgePackError, ToolError, UnsupportedError
from packager.frontends import ReadOptions, read_model
from packager.frontends._keras_child import check_h5
from packager.interp.litert import run_litert
from packager.ir import Model, write_tflite
from packager.util.child import call

DIGITS = Path(__file__).parents[2] / "examples" / "digits"
needs_keras = pytest.mark.skipif(importlib.util.find_spec("keras") is None, reason="needs edgepack[tensorflow]")


# Without TensorFlow.


def archive(path: Path, **members: str | bytes) -> Path:
    with zipfile.ZipFile(path, "w") as file:
        for name, content in members.items():
            file.writestr(name.replace("__", "."), content)
    return path


def config(kind: str = "Dense") -> str:
    layers = [{"class_name": kind, "module": "keras.layers", "config": {"name": "first"}, "registered_name": None}]
    return json.dumps({"class_name": "Sequential", "module": "keras", "config": {"layers": layers}})


@pytest.mark.parametrize("share", [0.02, 0.5, 0.9, 0.999])
def test_truncated_archive(tmp_path: Path, share: float) -> None:
    whole = (DIGITS / "digits.keras").read_bytes()
    path = tmp_path / "digits.keras"
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(UnsupportedError, match="damaged or truncated archive") as refusal:
        read_model(path)
    assert "compare its size" in refusal.value.hint


def test_damaged_weights(tmp_path: Path) -> None:
    blob = bytearray((DIGITS / "digits.keras").read_bytes())
    blob[len(blob) // 2] ^= 0xFF
    path = tmp_path / "digits.keras"
    path.write_bytes(blob)
    with pytest.raises(UnsupportedError, match=r"'model\.weights\.h5' inside does not match its checksum"):
        read_model(path)


def test_archive_of_something_else(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedError, match="an archive without a Keras model in it"):
        read_model(archive(tmp_path / "m.keras", readme="hello"))


def test_lambda_layer_is_refused_before_anything_is_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = archive(tmp_path / "m.keras", config__json=config("Lambda"), model__weights__h5=b"")
    monkeypatch.setattr("packager.frontends.keras.convert", pytest.fail)
    with pytest.raises(UnsupportedError, match="Lambda 'first'"):
        read_model(path)


def test_missing_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = archive(tmp_path / "m.keras", config__json=config(), model__weights__h5=b"")
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(ToolError, match="reading a Keras model needs tensorflow and keras") as refusal:
        read_model(path)
    assert refusal.value.hint == "pip install 'edgepack[tensorflow]'"
    assert refusal.value.exit_code == 7


# With HDF5's library, still without TensorFlow.


def hdf5(**attributes: Any) -> bytes:
    import h5py

    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        for name, value in attributes.items():
            file.attrs[name] = value
        file.create_dataset("weights", data=np.arange(2000, dtype=np.float32))
    return buffer.getvalue()


@needs_keras
@pytest.mark.parametrize("length", [64, 600, 2000, -1])
def test_truncated_hdf5(tmp_path: Path, length: int) -> None:
    path = tmp_path / "m.h5"
    path.write_bytes(hdf5(model_config=config())[:length])
    with pytest.raises(UnsupportedError, match=r"m\.h5: damaged or truncated HDF5 file"):
        read_model(path)


@needs_keras
def test_weights_alone(tmp_path: Path) -> None:
    path = tmp_path / "m.weights.h5"
    path.write_bytes(hdf5())
    with pytest.raises(UnsupportedError, match="holds weights but no model") as refusal:
        read_model(path)
    assert "model.save(" in refusal.value.hint


@needs_keras
def test_lambda_layer_in_hdf5(tmp_path: Path) -> None:
    path = tmp_path / "m.h5"
    path.write_bytes(hdf5(model_config=config("Lambda")))
    with pytest.raises(UnsupportedError, match="Lambda 'first'"):
        read_model(path)


@needs_keras
def test_flipped_bytes_in_hdf5() -> None:
    assert call(flip_and_check, hdf5(model_config=config()), 400) == 400


def flip_and_check(intact: bytes, rounds: int) -> int:
    """In a child: anything but our own refusal ends it, and so would a crash of the HDF5 library."""
    source = random.Random(5)
    path = Path("flipped.h5")
    for _ in range(rounds):
        blob = bytearray(intact)
        for _ in range(source.randint(1, 4)):
            blob[source.randrange(min(len(blob), 2500))] = source.randrange(256)
        path.write_bytes(blob)
        try:
            check_h5(path)
        except EdgePackError:
            continue
    return rounds


# With Keras.


def check(path: Path, given: Path, *, shapes: dict[str, tuple[int, ...]] | None = None) -> Model:
    """Convert, run in LiteRT, and compare with what Keras itself predicted for the inputs in `given`."""
    source = read_model(path, ReadOptions(input_shapes=shapes or {}))
    data = np.load(given)
    inputs = [data[f"in_{name}"] for name in source.model.input_names()]
    got = run_litert(write_tflite(source.model), inputs)
    for name, values in zip(source.model.output_names(), got, strict=True):
        wanted = data[f"out_{name}"]
        np.testing.assert_allclose(values, wanted, rtol=1e-3, atol=1e-4 * float(np.abs(wanted).max()))
    assert source.format == "keras"
    assert {"keras"} <= {name for name, _ in source.tools}
    assert not any(t.type.dynamic_dims for t in source.model.main.tensors)
    return source.model


@pytest.mark.slow
@needs_keras
@pytest.mark.parametrize("suffix", [".keras", ".h5"])
@pytest.mark.parametrize("kind", ["functional", "sequential"])
def test_small_models(tmp_path: Path, kind: str, suffix: str) -> None:
    path = tmp_path / f"{kind}{suffix}"
    call(keras_model, kind, path, tmp_path / "data.npz")
    model = check(path, tmp_path / "data.npz")
    ops = [n.op for n in model.main.nodes]
    assert "CONV_2D" in ops
    assert not {"MUL", "SHAPE", "PACK", "STRIDED_SLICE"} & set(ops)  # batch normalization folded, no computed shape


@pytest.mark.slow
@needs_keras
def test_several_inputs_and_outputs_keep_their_names(tmp_path: Path) -> None:
    path = tmp_path / "two.keras"
    call(keras_model, "two", path, tmp_path / "data.npz")
    model = check(path, tmp_path / "data.npz")
    assert model.input_names() == ("left", "right")
    assert set(model.output_names()) == {"total", "positive"}


@pytest.mark.slow
@needs_keras
def test_dynamic_dimension_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "dynamic.keras"
    call(keras_model, "dynamic", path, tmp_path / "data.npz")
    with pytest.raises(ConfigError, match=r"input 'image' has the dynamic shape \(\?, \?, \?, 3\)"):
        read_model(path)
    model = check(path, tmp_path / "data.npz", shapes={"image": (1, 6, 5, 3)})
    assert model.input_types()[0].dims == (1, 6, 5, 3)


@pytest.mark.slow
@needs_keras
def test_model_without_input_shape(tmp_path: Path) -> None:
    path = tmp_path / "unbuilt.keras"
    call(keras_model, "unbuilt", path, tmp_path / "data.npz")
    with pytest.raises(UnsupportedError, match="before its input shape was known"):
        read_model(path)


@pytest.mark.slow
@needs_keras
def test_example_is_the_same_in_both_formats() -> None:
    model = read_model(DIGITS / "digits.keras").model
    images = np.load(DIGITS / "evaluation.npz")["x"]
    (ours,) = run_litert(write_tflite(model), [images])
    (shipped,) = run_litert((DIGITS / "digits.tflite").read_bytes(), [images])
    np.testing.assert_allclose(ours, shipped, atol=1e-6)
    assert (model.input_names(), model.output_names()) == (("image",), ("digit",))


@pytest.mark.slow
@needs_keras
@pytest.mark.parametrize("name", ["ad01", "pretrainedResnet", "vww_96", "str_ww_ref_model"])
def test_mlperf_originals(tmp_path: Path, name: str) -> None:
    path = reference(f"mlperf-tiny/{name}.h5")
    call(keras_predictions, path, tmp_path / "data.npz")
    check(path, tmp_path / "data.npz")


@pytest.mark.slow
@needs_keras
def test_mlperf_original_agrees_with_the_published_float_file() -> None:
    """Only this one can: `ad01_fp32.tflite` lacks the biases ahead of each normalization, two have no float file."""
    model = read_model(reference("mlperf-tiny/pretrainedResnet.h5")).model
    other = reference("mlperf-tiny/pretrainedResnet.tflite").read_bytes()
    inputs = np.random.default_rng(0).uniform(0, 255, (4, 32, 32, 3)).astype(np.float32)
    (ours,), (theirs,) = run_litert(write_tflite(model), [inputs]), run_litert(other, [inputs])
    np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-4 * float(np.abs(theirs).max()))
