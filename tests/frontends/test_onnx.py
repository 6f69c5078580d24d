"""ONNX files as a user gives them: in a child, with all that can be wrong with them."""

import importlib.util
import random
from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from frontends._onnx.graphs import model_of, node, noise

from packager.errors import ConfigError, EdgePackError, ToolError, UnsupportedError
from packager.frontends import ReadOptions, read_model
from packager.frontends._onnx import onnx2tf
from packager.frontends._onnx.convert import convert_onnx
from packager.interp.litert import run_litert
from packager.ir import write_tflite
from packager.util.child import call

needs_onnx2tf = pytest.mark.skipif(importlib.util.find_spec("onnx2tf") is None, reason="needs edgepack[onnx]")


def network(channels: int = 3, last: str = "Relu") -> onnx.ModelProto:
    nodes = [
        node("Conv", "image w b", "c", pads=[1, 1, 1, 1], strides=[2, 2]),
        node("BatchNormalization", "c g s m v", "n"),
        node(last, "n", "r"),
        node("GlobalAveragePool", "r", "p"),
        node("Flatten", "p", "f"),
        node("Gemm", "f d", "l"),
        node("Softmax", "l", "scores"),
    ]
    constants = {"w": noise(5, channels, 3, 3), "d": noise(5, 4), "v": np.abs(noise(5)) + 0.1}
    constants |= {name: noise(5) for name in "bgsm"}
    return model_of(nodes, {"image": ["batch", channels, 10, 10]}, constants, outputs="scores")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "net.onnx"
    onnx.save(network(), file)
    return file


def check(path: Path) -> None:
    image = np.random.default_rng(0).standard_normal((1, 3, 10, 10)).astype(np.float32)
    session = ort.InferenceSession(path, providers=["CPUExecutionProvider"])
    (wanted,) = session.run(None, {"image": image})
    (got,) = run_litert(write_tflite(read_model(path).model), [image.transpose(0, 2, 3, 1)])
    np.testing.assert_allclose(got, wanted, atol=1e-5)


def test_computes_what_onnxruntime_does(path: Path) -> None:
    check(path)


def test_source(path: Path) -> None:
    source = read_model(path)
    assert source.format == "onnx"
    assert source.bytes == path.stat().st_size
    assert [n.op for n in source.model.main.nodes] == ["PAD", "CONV_2D", "MEAN", "FULLY_CONNECTED", "SOFTMAX"]
    assert (source.model.input_names(), source.model.output_names()) == (("image",), ("scores",))
    assert [t.dims for t in source.model.input_types()] == [(1, 10, 10, 3)]
    assert {name for name, _ in source.tools} == {"onnx", "onnxruntime"}
    (note,) = source.notes
    assert "channels are last: (1, 10, 10, 3), where the ONNX model has (1, 3, 10, 10)" in str(note)


def test_the_graph_itself_is_kept_with_static_shapes(path: Path) -> None:
    given, source = onnx.load(path), read_model(path, ReadOptions())
    assert source.onnx is not None
    kept = onnx.load_model_from_string(source.onnx)
    assert list(kept.graph.node) == list(given.graph.node)
    assert list(kept.graph.initializer) == list(given.graph.initializer)
    shapes = [[d.dim_value for d in v.type.tensor_type.shape.dim] for v in (*kept.graph.input, *kept.graph.output)]
    assert shapes == [[1, 3, 10, 10], [1, 4]]


def test_same_file_same_bytes(path: Path) -> None:
    assert write_tflite(read_model(path).model) == write_tflite(read_model(path).model)


def test_dynamic_dimension_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    onnx.save(model_of([node("Conv", "x w", "y")], {"x": [1, 3, "h", "w"]}, {"w": noise(2, 3, 1, 1)}), path)
    with pytest.raises(ConfigError, match=r"net\.onnx: input 'x' has the dynamic shape \(1, 3, \?, \?\)"):
        read_model(path)
    source = read_model(path, ReadOptions(input_shapes={"x": (1, 3, 4, 6)}))
    assert source.model.input_types()[0].dims == (1, 4, 6, 3)
    assert source.input_shapes == {}  # said of the ONNX model's axes, and settled
    with pytest.raises(ConfigError, match="no input named 'z'"):
        read_model(path, ReadOptions(input_shapes={"z": (1, 3, 4, 6)}))


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_truncated_file(path: Path, share: float) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(UnsupportedError, match=r"net\.onnx: damaged or truncated ONNX file: field \d+ ends at byte"):
        read_model(path)


def test_flipped_bytes(path: Path) -> None:
    assert call(flip_and_convert, path.read_bytes(), 60) == 60


def flip_and_convert(intact: bytes, rounds: int) -> int:
    """In a child: anything but our own refusal ends it. The way through TensorFlow is closed, for it takes 15 s."""
    source = random.Random(6)

    def refuse(model: Any, path: Path, reason: str, keep: Collection[str] = ()) -> bytes:  # noqa: ARG001 - its signature
        raise UnsupportedError(f"{path}: {reason}")

    onnx2tf.convert = refuse
    path = Path("flipped.onnx")
    for _ in range(rounds):
        blob = bytearray(intact)
        for _ in range(source.randint(1, 4)):
            blob[source.randrange(min(len(blob), 900))] = source.randrange(256)
        path.write_bytes(blob)
        try:
            convert_onnx(path, {})
        except EdgePackError:
            continue
    return rounds


def test_the_kept_graph_holds_weights_that_lay_beside_it(path: Path) -> None:
    whole = read_model(path, ReadOptions()).onnx
    model = onnx.load(path)
    onnx.save(model, path, save_as_external_data=True, size_threshold=0, location="weights.bin")
    split = read_model(path, ReadOptions()).onnx
    assert whole is not None
    assert split is not None
    x = np.ones((1, 3, 10, 10), np.float32)
    both = [ort.InferenceSession(content).run(None, {"image": x})[0] for content in (whole, split)]
    np.testing.assert_array_equal(*both)


def test_external_weights(path: Path) -> None:
    whole = read_model(path)
    model = onnx.load(path)
    onnx.save(model, path, save_as_external_data=True, location="net.data", size_threshold=0)
    assert (path.parent / "net.data").is_file()
    source = read_model(path)
    assert write_tflite(source.model) == write_tflite(whole.model)
    assert source.bytes == path.stat().st_size + (path.parent / "net.data").stat().st_size
    (path.parent / "net.data").unlink()
    with pytest.raises(UnsupportedError, match=r"its weights, 'net\.data', are missing"):
        read_model(path)


@pytest.mark.parametrize("location", ["../outside.data", "/etc/passwd", "link.data"])
def test_external_weights_stay_in_the_models_folder(path: Path, location: str) -> None:
    folder = path.parent / "inner"
    folder.mkdir()
    inside = folder / "net.onnx"
    onnx.save(onnx.load(path), inside, save_as_external_data=True, location="net.data", size_threshold=0)
    (path.parent / "outside.data").write_bytes((folder / "net.data").read_bytes())
    (folder / "link.data").symlink_to(path.parent / "outside.data")
    model = onnx.load(inside, load_external_data=False)
    for tensor in model.graph.initializer:
        for entry in tensor.external_data:
            if entry.key == "location":
                entry.value = location
    inside.write_bytes(model.SerializeToString())
    with pytest.raises(UnsupportedError, match=f"its weights are said to lie in '{location}', elsewhere"):
        read_model(inside)


def test_quantized_model_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "q.onnx"
    nodes = [node("QuantizeLinear", "x s", "q"), node("DequantizeLinear", "q s", "y")]
    onnx.save(model_of(nodes, {"x": [1, 3]}, {"s": np.array(0.1, np.float32)}), path)
    with pytest.raises(UnsupportedError, match=r"already quantized \(DequantizeLinear, QuantizeLinear\)"):
        read_model(path)


def test_invalid_graph(tmp_path: Path) -> None:
    path = tmp_path / "bad.onnx"
    model = network()
    model.graph.node[0].input[0] = "nobody"
    onnx.save(model, path)
    with pytest.raises(UnsupportedError, match=r"not a valid ONNX model: Nodes in a graph must be"):
        read_model(path)


def test_operator_of_another_domain(tmp_path: Path) -> None:
    path = tmp_path / "custom.onnx"
    model = model_of([node("Sinh", "x", "y")], {"x": [1, 3]})
    model.graph.node[0].op_type, model.graph.node[0].domain = "Magic", "com.acme"
    model.opset_import.add(domain="com.acme", version=1)
    onnx.save(model, path)
    with pytest.raises(UnsupportedError, match="onnxruntime refuses it") as refusal:
        read_model(path)
    assert "Magic" in str(refusal.value)


def test_missing_extra_names_the_operators(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(ToolError, match="no lowering for Sin; onnx2tf may convert it, but needs onnx2tf") as refusal:
        onnx2tf.convert(None, tmp_path, "no lowering for Sin")
    assert refusal.value.hint == "pip install 'edgepack[onnx]'"


@pytest.mark.slow
@needs_onnx2tf
def test_second_resort(tmp_path: Path) -> None:
    """Three channels: the case for which onnx2tf would otherwise ask the network for images."""
    path = tmp_path / "sine.onnx"
    onnx.save(network(last="Sin"), path)
    check(path)
    source = read_model(path)
    assert "SIN" in [n.op for n in source.model.main.nodes]
    assert (source.model.input_names(), source.model.output_names()) == (("image",), ("scores",))
    assert "onnx2tf" in {name for name, _ in source.tools}


@pytest.mark.slow
@needs_onnx2tf
def test_what_nobody_converts(tmp_path: Path) -> None:
    path = tmp_path / "det.onnx"
    onnx.save(model_of([node("Det", "x", "y")], {"x": [1, 3, 8, 8]}), path)
    with pytest.raises(UnsupportedError, match=r"FlexMatrixDeterminant #0 .* has no TFLite counterpart"):
        read_model(path)
