import hashlib
from pathlib import Path

import pytest
from ir.tiny import float_model, int8_model

from packager.errors import UnsupportedError
from packager.frontends import ReadOptions, read_model
from packager.ir import Model, difference, write_tflite


@pytest.mark.parametrize("model", [float_model(), int8_model()], ids=["float", "int8"])
def test_reads_what_was_written(tmp_path: Path, model: Model) -> None:
    path = tmp_path / "tiny.tflite"
    content = write_tflite(model)
    path.write_bytes(content)
    source = read_model(path)
    assert difference(source.model, model) is None
    assert source.model.name == "tiny"
    assert (source.format, source.path, source.bytes) == ("tflite", path, len(content))
    assert source.sha256 == hashlib.sha256(content).hexdigest()


def test_example_is_read() -> None:
    source = read_model(Path(__file__).parents[2] / "examples" / "digits" / "digits.tflite")
    assert [t.dims for t in source.model.input_types()] == [(1, 8, 8, 1)]
    assert {n.op for n in source.model.main.nodes} >= {"CONV_2D", "DEPTHWISE_CONV_2D", "ADD", "MAX_POOL_2D", "MEAN"}


def test_shapes_are_left_to_whoever_makes_the_model_static(tmp_path: Path) -> None:
    path = tmp_path / "tiny.tflite"
    path.write_bytes(write_tflite(float_model()))
    assert read_model(path, ReadOptions(input_shapes={"image": (1, 4, 4, 2)})).input_shapes == {"image": (1, 4, 4, 2)}


def test_truncated_file(tmp_path: Path) -> None:
    path = tmp_path / "tiny.tflite"
    path.write_bytes(write_tflite(float_model())[:-300])
    with pytest.raises(UnsupportedError, match=r"tiny\.tflite: damaged TFLite file"):
        read_model(path)
