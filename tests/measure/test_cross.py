"""The C runtime for other CPUs: sections that add up, and the same integers under qemu."""

import dataclasses
from pathlib import Path

import pytest
from emit.c.making import emitted, written
from ops.convolving import Case, dense
from ops.judging import inputs_for
from reference import reference as reference_file

from packager.config.profile import Cpu, load_profile
from packager.errors import ToolError
from packager.ir import Model, read_tflite
from packager.measure import cross
from packager.plan.cost import cost_of

BOARDS = ("cortex-m4", "cortex-m7", "cortex-m33")


def cpu_of(target: str) -> Cpu:
    cpu = load_profile(target).cpu
    assert cpu is not None
    return cpu


def model() -> Model:
    return dense(Case(shape=(1, 12), channels=5))


def source(folder: Path) -> Path:
    return written(folder, emitted(model(), "integer", inputs_for(model(), 2)))


def compiler_for(cpu: Cpu) -> cross.CrossCompiler:
    found = cross.cross_compiler(cpu)
    if found is None:
        pytest.skip(f"no C compiler for {cpu.core} is here: neither zig nor a gcc")
    return found


@pytest.mark.parametrize("board", BOARDS)
def test_objects_for_microcontrollers_hold_no_variable(board: str, tmp_path: Path) -> None:
    cpu = cpu_of(board)
    compiler = compiler_for(cpu)
    found = cross.sections_of(source(tmp_path), cpu)
    code, weights = found["model.c"], found["model_weights.c"]
    assert 0 < code.text < 4096
    assert weights.text == 0
    assert 60 + 5 * 4 <= weights.rodata < 512
    assert (code.data, code.bss, weights.data, weights.bss) == (0, 0, 0, 0)
    assert compiler.version()[0].isdigit()


def test_code_that_a_compiler_refuses(tmp_path: Path) -> None:
    cpu = cpu_of("cortex-m4")
    compiler_for(cpu)
    folder = source(tmp_path)
    (folder / "model.c").write_text("this is no C\n", encoding="utf-8")
    with pytest.raises(ToolError, match=r"on model\.c for Cortex-M4 failed") as caught:
        cross.sections_of(folder, cpu)
    assert "error" in caught.value.details


def test_without_a_compiler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(ToolError, match="no C compiler for Cortex-M4") as caught:
        cross.sections_of(tmp_path, cpu_of("cortex-m4"))
    assert "ziglang" in caught.value.hint


def test_zig_comes_before_gcc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("zig", "arm-none-eabi-gcc"):
        (tmp_path / name).write_text("#!/bin/sh\n", encoding="utf-8")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    found = cross.cross_compiler(cpu_of("cortex-m33"))
    assert found is not None
    assert found.command == (str(tmp_path / "zig"), "cc")
    assert "-mcpu=cortex_m33" in found.flags
    (tmp_path / "zig").unlink()
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    found = cross.cross_compiler(cpu_of("cortex-m33"))
    assert found is not None
    assert "-mcpu=cortex-m33" in found.flags


def test_no_compiler_for_an_unknown_machine() -> None:
    assert cross.cross_compiler(dataclasses.replace(cpu_of("cortex-m4"), machine="vax")) is None


def test_x86_by_the_level_of_its_features() -> None:
    host = cpu_of("host")
    for features, wanted in (((), set()), (("avx2",), {"v3"}), (("avx2", "avx512vnni"), {"v4"})):
        found = cross.cross_compiler(dataclasses.replace(host, features=features))
        if found is None:
            pytest.skip("no compiler for x86-64 is here")
        assert {flag[-2:] for flag in found.flags if flag.startswith("-march=")} == wanted


@pytest.mark.parametrize("board", BOARDS)
def test_resnet_8_stays_below_what_a_small_board_spares(board: str, tmp_path: Path) -> None:
    compiler_for(cpu_of(board))
    resnet = read_tflite(reference_file("mlperf-tiny/pretrainedResnet_quant.tflite"))
    folder = written(tmp_path, emitted(resnet, "integer", inputs_for(resnet, 1)))
    found = cross.sections_of(folder, cpu_of(board))
    assert found["model.c"].flash < 56 * 1024
    assert found["model.c"].data + found["model.c"].bss == 0
    assert found["model_weights.c"].rodata >= cost_of(resnet).params
