"""Compiling and running a C runtime: what goes wrong is said, not guessed."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from emit.c.making import check, emitted, written
from ops.convolving import Case, dense
from ops.judging import inputs_for

from packager.errors import ConfigError, ToolError
from packager.interp import reference
from packager.ir import Model, write_tflite
from packager.measure import c

pytestmark = pytest.mark.skipif(not c.compiler(), reason="no C compiler is here")


def model() -> Model:
    return dense(Case(shape=(1, 12), channels=5))


def bundle(folder: Path) -> Path:
    written(folder, emitted(model(), "xnnpack", inputs_for(model(), 2)))
    (folder / "model").mkdir()
    (folder / "model/model.tflite").write_bytes(write_tflite(model()))
    return folder


def test_a_bundle_is_compiled_and_run(tmp_path: Path) -> None:
    inputs = inputs_for(model(), 7)
    (found,) = c.run_c(bundle(tmp_path), inputs)
    np.testing.assert_array_equal(found, reference.run(model(), inputs, "xnnpack")[0])


def test_no_input_gives_no_output(tmp_path: Path) -> None:
    (found,) = c.run_c(bundle(tmp_path), [np.zeros((0, 12), np.int8)])
    assert found.shape == (0, 5)


def test_a_bundle_without_the_runtime(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="holds no C runtime"):
        c.run_c(tmp_path, inputs_for(model(), 1))


@pytest.mark.parametrize("wrong", [np.zeros((2, 11), np.int8), np.zeros((2, 12), np.float32)])
def test_inputs_that_do_not_fit(tmp_path: Path, wrong: np.ndarray[tuple[int, ...], np.dtype[np.generic]]) -> None:
    with pytest.raises(ConfigError, match="is given as"):
        c.run_c(bundle(tmp_path), [wrong])


def test_without_a_compiler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(ToolError, match="no C compiler is here"):
        c.run_c(bundle(tmp_path), inputs_for(model(), 1))


def test_the_users_compiler_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    other = shutil.which("cc") or ""
    monkeypatch.setenv("CC", "cc")
    assert c.compiler() == (other,)


def test_zig_is_the_last_resort(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: name)
    assert c.compiler()[1:] == ("-m", "ziglang", "cc")


def test_code_that_a_compiler_refuses(tmp_path: Path) -> None:
    folder = bundle(tmp_path)
    (folder / c.RUNTIME / "model.c").write_text("this is no C\n", encoding="utf-8")
    with pytest.raises(ToolError, match="failed with exit code") as caught:
        c.run_c(folder, inputs_for(model(), 1))
    assert "error" in caught.value.details


def test_an_emulator_that_is_not_here(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="can't be started"):
        check(model(), "xnnpack", tmp_path, emulator=[str(tmp_path / "qemu-none")])


def test_an_input_cut_short(tmp_path: Path) -> None:
    source = written(tmp_path, emitted(model(), "xnnpack", inputs_for(model(), 1)))
    program = c.compile_runtime(source, tmp_path)
    with pytest.raises(ToolError, match="exit code 1") as caught:
        c._run([str(program)], b"12345", "the C runtime")
    assert "cut short" in caught.value.details
