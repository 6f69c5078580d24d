import onnx
import pytest
from frontends._onnx.graphs import model_of, node, noise
from hypothesis import given
from hypothesis import strategies as st

from packager.frontends._protobuf import truncation

MODEL: onnx.ModelProto = model_of([node("Gemm", "x w", "y")], {"x": [1, 30]}, {"w": noise(30, 40)})
INTACT = MODEL.SerializeToString()


def test_whole_message() -> None:
    assert truncation(INTACT) == ""
    assert truncation(b"") == ""
    assert truncation(b"\x0d\x00\x00\x80\x3f\x11" + bytes(8)) == ""  # a float and a double


@pytest.mark.parametrize("length", [len(INTACT) - 1, len(INTACT) // 2, 100])
def test_cut_message(length: int) -> None:
    assert f"the file at byte {length}" in truncation(INTACT[:length])


@pytest.mark.parametrize("content", [b"\x00", b"\x0f", b"\x0b", b"\x08\x80", b"\x08" + b"\xff" * 11, b"\x0a\xff"])
def test_what_is_no_message(content: bytes) -> None:
    assert truncation(content)


@given(st.binary(max_size=64))
def test_never_fails(content: bytes) -> None:
    assert isinstance(truncation(content), str)
