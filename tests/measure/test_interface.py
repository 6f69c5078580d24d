import dataclasses
from pathlib import Path

import pytest
from sample_bundle import IN, OUT, tiny_bundle

from packager.bundle import Bundle, Entry, Manifest, read_manifest
from packager.errors import ConfigError, UnsupportedError
from packager.ir import DType
from packager.measure.interface import interface_of


def test_of_a_tflite_artifact(tmp_path: Path) -> None:
    folder = tiny_bundle().write(tmp_path)
    model = interface_of(folder, read_manifest(folder))
    assert (model.input_names(), model.output_names()) == (("x",), ("dense",))
    assert model.input_types()[0].quant == IN
    assert model.output_types()[0].quant == OUT


def test_of_an_artifact_with_a_tflite_model_beside_it(tmp_path: Path) -> None:
    bundle = tiny_bundle()
    bundle.add(Entry(path="hls/top.cpp", content=b"", role="source"))
    folder = bundle.write(tmp_path)
    manifest = dataclasses.replace(read_manifest(folder), artifact="hls/top.cpp")
    assert interface_of(folder, manifest).input_types()[0].quant == IN


def onnx_bundle(tmp_path: Path, content: bytes) -> tuple[Path, Manifest]:
    bundle = Bundle("n", "1", "jetson", artifact="model/model.onnx", engine="onnxruntime")
    bundle.add(Entry(path="model/model.onnx", content=content, role="model"))
    return bundle.write(tmp_path), bundle.manifest()


def test_of_an_onnx_artifact(tmp_path: Path) -> None:
    from onnx import TensorProto, helper

    graph = helper.make_graph(
        [helper.make_node("Relu", ["x"], ["y"])],
        "g",
        [
            helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 3, 8]),
            helper.make_tensor_value_info("w", 1, [1]),
        ],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", 3, 8])],
        [helper.make_tensor("w", TensorProto.FLOAT, [1], [1.0])],
    )
    content = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8).SerializeToString()
    model = interface_of(*onnx_bundle(tmp_path, content))
    assert (model.input_names(), model.output_names()) == (("x",), ("y",))
    (type_,) = model.input_types()
    assert (type_.dtype, type_.dims, type_.is_quantized) == (DType.FLOAT32, (1, 3, 8), False)


def test_of_a_file_that_is_no_onnx_model(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedError, match="is no ONNX model"):
        interface_of(*onnx_bundle(tmp_path, b"not a model"))


def test_wants_an_artifact_that_something_describes(tmp_path: Path) -> None:
    nothing = Bundle("n", "1", "t")
    with pytest.raises(ConfigError, match="names no artifact"):
        interface_of(nothing.write(tmp_path), nothing.manifest())
    alone = Bundle("m", "1", "t", artifact="hls/top.cpp")
    alone.add(Entry(path="hls/top.cpp", content=b"", role="source"))
    with pytest.raises(ConfigError, match=r"nothing says what hls/top\.cpp takes"):
        interface_of(alone.write(tmp_path), alone.manifest())
