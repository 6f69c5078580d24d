"""The C simulation as a measurement: compiled here, run here, its failures told apart."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from emit.hls.making import UNOPTIMIZED, Ints, Net, frames, q, reference_outputs, write_bundle

from packager.errors import ConfigError, IntegrityError, ToolError
from packager.measure.engines import find_engine
from packager.measure.hls import check_csim, compiler, csim, timing

needs_gxx = pytest.mark.skipif(shutil.which("g++") is None, reason="g++ is not installed")


@pytest.fixture
def bundle(tmp_path: Path) -> tuple[Path, tuple[Ints, ...], tuple[Ints, ...]]:
    net = Net()
    a, b = net.input((3, 2, 4), q(0.1, 5)), net.input((3, 2, 4), q(0.2, -9))
    total = net.add(a, b, q(0.2, 1))
    model = net.model(total, net.dense(net.reshape(total, (1, 24)), 3))
    inputs = frames(model, 5)
    outputs = reference_outputs(model, inputs)
    return write_bundle(model, inputs, outputs, tmp_path), inputs, outputs


@needs_gxx
def test_the_engine_gives_one_array_an_output(
    bundle: tuple[Path, tuple[Ints, ...], tuple[Ints, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("packager.measure.hls.FLAGS", UNOPTIMIZED)
    folder, inputs, outputs = bundle
    found = find_engine("hls")(folder, folder / "model/model.tflite", inputs)
    assert [f.shape for f in found] == [(5, 3, 2, 4), (5, 3)]
    for have, want in zip(found, outputs, strict=True):
        np.testing.assert_array_equal(have, want)


@needs_gxx
def test_a_wrong_integer_is_an_integrity_error(bundle: tuple[Path, tuple[Ints, ...], tuple[Ints, ...]]) -> None:
    folder, inputs, outputs = bundle
    check_csim(folder, inputs, outputs)
    wrong = outputs[1].copy()
    wrong[2, 1] ^= 1
    with pytest.raises(IntegrityError, match="1 of 15 values of output 1"):
        check_csim(folder, inputs, (outputs[0], wrong))


@needs_gxx
def test_code_that_does_not_compile_is_shown(bundle: tuple[Path, tuple[Ints, ...], tuple[Ints, ...]]) -> None:
    folder, inputs, _ = bundle
    top = folder / "runtime/hls/src/top.cpp"
    top.write_text(top.read_text("utf-8") + "\nint unused_variable() { int x; return 0; }\n", "utf-8")
    with pytest.raises(ToolError, match="refuses the HLS project") as error:
        csim(folder, inputs, flags=UNOPTIMIZED)
    assert "unused variable" in error.value.details


@needs_gxx
def test_a_simulation_that_stops_says_on_which_stream(
    bundle: tuple[Path, tuple[Ints, ...], tuple[Ints, ...]],
) -> None:
    folder, inputs, _ = bundle
    top = folder / "runtime/hls/src/top.cpp"
    code = top.read_text("utf-8")
    assert "ep::add<24," in code
    top.write_text(code.replace("ep::add<24,", "ep::add<48,"), "utf-8")
    with pytest.raises(ToolError, match="C simulation failed") as error:
        csim(folder, inputs, flags=UNOPTIMIZED)
    assert "was read while empty" in error.value.details


@needs_gxx
def test_timing_tells_latency_interval_and_buffers(bundle: tuple[Path, tuple[Ints, ...], tuple[Ints, ...]]) -> None:
    measured = timing(bundle[0], flags=UNOPTIMIZED)
    assert measured.latency >= measured.interval > 0
    assert measured.buffers
    assert all(1 <= most <= depth for depth, most in measured.buffers.values())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda a: a[:1], "1 inputs given"),
        (lambda a: [a[0].astype(np.uint8), a[1]], "input 0 is uint8"),
        (lambda a: [a[0][:, :2], a[1]], r"input 0 is int8 \[5, 2, 2, 4\]"),
        (lambda a: [a[0], a[1][:3]], "input 1"),
        (lambda a: [a[0][:0], a[1][:0]], "no frame"),
    ],
)
def test_inputs_that_do_not_fit_are_refused(
    bundle: tuple[Path, tuple[Ints, ...], tuple[Ints, ...]], change: object, message: str
) -> None:
    assert callable(change)
    with pytest.raises(ConfigError, match=message):
        csim(bundle[0], change(bundle[1]))


def test_without_a_compiler_the_tool_is_named(
    bundle: tuple[Path, tuple[Ints, ...], tuple[Ints, ...]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CXX", raising=False)
    assert not compiler()
    with pytest.raises(ToolError, match="no C\\+\\+ compiler") as error:
        csim(bundle[0], bundle[1])
    assert "g++" in error.value.hint


def test_a_bundle_without_a_project_is_refused(
    bundle: tuple[Path, tuple[Ints, ...], tuple[Ints, ...]],
) -> None:
    shutil.rmtree(bundle[0] / "runtime")
    with pytest.raises((ConfigError, ToolError)):
        csim(bundle[0], bundle[1])
