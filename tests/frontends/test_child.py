"""How a child's end becomes a user's line."""

import os
import signal
import sys
from pathlib import Path

import pytest

from packager.errors import ConfigError, ToolError, UnsupportedError
from packager.frontends._child import Converted, convert
from packager.util.extras import need

PATH = Path("model.xyz")


def obey(path: Path, order: str) -> Converted:
    sys.stdout.write(f"about to {order}\n")
    sys.stdout.flush()
    if order == "crash":
        os.kill(os.getpid(), signal.SIGSEGV)
    if order == "exhaust":
        os.kill(os.getpid(), signal.SIGKILL)
    if order == "break":
        raise ImportError("libcudart.so.12: cannot open shared object file")
    if order == "fail":
        raise ValueError("bad magic number\nand a second line")
    if order == "ask":
        raise ConfigError(f"{path}: which shape?", hint="give one")
    if order == "miss":
        raise ToolError(f"{path}: no onnx2tf", hint="pip install it")
    return Converted(content=b"done", tools=(("tool", "1.0"),))


def test_result_comes_back() -> None:
    assert convert(obey, PATH, "an XYZ file", "work").content == b"done"


@pytest.mark.parametrize(
    ("order", "kind", "message"),
    [
        ("crash", UnsupportedError, "model.xyz: can't read this as an XYZ file: the reader crashed with SIGSEGV"),
        ("fail", UnsupportedError, "model.xyz: can't read this as an XYZ file: ValueError: bad magic number"),
        ("exhaust", ToolError, "model.xyz: reading an XYZ file was killed"),
        ("break", ToolError, "model.xyz: reading an XYZ file failed: ImportError: libcudart.so.12: cannot open"),
        ("ask", ConfigError, "model.xyz: which shape?"),
        ("miss", ToolError, "model.xyz: no onnx2tf"),
    ],
)
def test_failures(order: str, kind: type[Exception], message: str) -> None:
    with pytest.raises(kind) as refusal:
        convert(obey, PATH, "an XYZ file", order)
    assert type(refusal.value) is kind
    assert str(refusal.value).startswith(message)
    assert "\n" not in str(refusal.value)
    assert refusal.value.hint  # type: ignore[attr-defined]  # every one of ours has it


def test_output_is_kept_for_the_failure() -> None:
    with pytest.raises(UnsupportedError) as refusal:
        convert(obey, PATH, "an XYZ file", "fail")
    assert "about to fail" in refusal.value.details
    assert "second line" in refusal.value.details


def test_need_names_what_is_missing_and_the_extra() -> None:
    need(("json",), "tensorflow", "reading")
    with pytest.raises(ToolError, match="reading a thing needs no_such_module") as refusal:
        need(("json", "no_such_module"), "tensorflow", "reading a thing")
    assert refusal.value.hint == "pip install 'edgepack[tensorflow]'"
