"""A damaged file is refused in plain words, quickly, or gives a model that is sound; nothing else happens."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from ir.tiny import float_model, int8_model

from packager.errors import ConfigError, UnsupportedError
from packager.ir import ABSENT, Model, difference, read_tflite, read_tflite_bytes, verify, write_tflite
from packager.ir._schema import IDENTIFIER, schema

INTACT = write_tflite(int8_model())
SIZE = len(INTACT)
DAMAGE = (ConfigError, UnsupportedError)


def read_or_refuse(blob: bytes) -> Model | None:
    try:
        model = read_tflite_bytes(blob, source="small.tflite")
    except DAMAGE as refusal:
        line, hint = str(refusal), refusal.hint
    else:
        assert list(verify(model)) == []
        return model
    assert line.startswith("small.tflite: ")
    assert "\n" not in line
    assert hint
    return None


@pytest.mark.parametrize("length", range(0, SIZE, 7))
def test_truncated_file(length: int) -> None:
    read_or_refuse(INTACT[:length])


@settings(max_examples=300, deadline=2000)
@given(st.lists(st.tuples(st.integers(0, SIZE - 1), st.integers(0, 255)), min_size=1, max_size=8))
@example([(SIZE - 1, 255)])
def test_flipped_bytes(changes: list[tuple[int, int]]) -> None:
    blob = bytearray(INTACT)
    for at, value in changes:
        blob[at] = value
    if (model := read_or_refuse(bytes(blob))) is not None:
        again = read_tflite_bytes(write_tflite(model))  # what was read can be written, and read again
        assert difference(model, again) is None


@settings(max_examples=100, deadline=2000)
@given(st.binary(min_size=0, max_size=200))
def test_random_bytes_behind_the_identifier(noise: bytes) -> None:
    read_or_refuse(noise[:4].ljust(4, b"\0") + IDENTIFIER + noise[4:])


def test_missing_file_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nothing\.tflite: No such file"):
        read_tflite(tmp_path / "nothing.tflite")


def test_other_file_is_named() -> None:
    with pytest.raises(UnsupportedError, match="not a TFLite file"):
        read_tflite_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))


def test_model_is_named_after_the_file(tmp_path: Path) -> None:
    path = tmp_path / "digits.tflite"
    path.write_bytes(INTACT)
    assert read_tflite(path).name == "digits"


def rebuilt(change: object) -> bytes:
    """The float model's file after `change` was done to its tables."""
    import flatbuffers

    table = schema().ModelT.InitFromObj(schema().Model.GetRootAs(write_tflite(float_model()), 0))
    assert callable(change)
    change(table)
    builder = flatbuffers.Builder(1 << 16)
    builder.Finish(table.Pack(builder), IDENTIFIER)
    return bytes(builder.Output())


def test_reads_operator_codes_from_before_tf_2_4() -> None:
    def age(table: object) -> None:
        for code in table.operatorCodes:  # type: ignore[attr-defined]  # the schema's classes are untyped
            code.builtinCode = 0

    ops = [n.op for n in read_tflite_bytes(rebuilt(age)).main.nodes]
    assert ops == ["CONV_2D", "MEAN", "FULLY_CONNECTED", "SOFTMAX"]


def test_reads_a_file_without_signature() -> None:
    def strip(table: object) -> None:
        table.signatureDefs = None  # type: ignore[attr-defined]  # the schema's classes are untyped

    model = read_tflite_bytes(rebuilt(strip))
    assert model.signatures == ()
    assert model.input_names() == ("image",)


def test_operator_beyond_the_schema_is_refused() -> None:
    def invent(table: object) -> None:
        table.operatorCodes[0].builtinCode = 4000  # type: ignore[attr-defined]  # the schema's classes are untyped

    with pytest.raises(UnsupportedError, match="operator code 4000 is not in TFLite's schema"):
        read_tflite_bytes(rebuilt(invent))


def test_optional_input_and_constants_are_kept() -> None:
    model = read_tflite_bytes(write_tflite(float_model()))
    dense = model.main.nodes[2]
    assert dense.inputs[2] == ABSENT
    data = model.main.tensors[dense.inputs[1]].data
    assert data is not None
    assert data.shape == (5, 3)
    assert not data.flags.writeable
    with pytest.raises(ValueError, match="read-only"):
        data[0, 0] = 1


def test_constants_are_views_into_the_file() -> None:
    blob = write_tflite(float_model())
    data = read_tflite_bytes(blob).main.tensors[1].data
    assert data is not None
    assert np.shares_memory(data, np.frombuffer(blob, np.uint8))
