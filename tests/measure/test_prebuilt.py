"""The C runtime compiled for its target: complete without a C library, the same bytes twice, the same integers."""

import dataclasses
import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from emit.c.making import STRICT, emitted, written
from ops.convolving import Case, convolution, dense
from ops.judging import inputs_for
from reference import reference as reference_file

from packager.config.profile import Cpu, load_profile
from packager.errors import ToolError
from packager.interp import reference
from packager.ir import Model, read_tflite, write_tflite
from packager.measure import prebuilt
from packager.measure.c import compile_runtime, run_program, selftest
from packager.measure.cross import cross_compiler
from packager.measure.engines import find_engine, how_it_runs

MACHINES = {
    "aarch64": Cpu(core="Cortex-A72", cores=4, clock_ghz=1.8, machine="aarch64"),
    "dotprod": Cpu(core="Cortex-A76", cores=4, clock_ghz=2.4, machine="aarch64", features=("dotprod",)),
    "armv7": Cpu(core="Cortex-A53", cores=4, clock_ghz=1.2, machine="armv7l"),
    "armv6": Cpu(core="ARM1176JZF-S", cores=1, clock_ghz=1.0, machine="armv6l"),
    "riscv64": Cpu(core="RV64GC", cores=4, clock_ghz=1.5, machine="riscv64"),
}


def host() -> Cpu:
    cpu = load_profile("host").cpu
    assert cpu is not None
    return cpu


def model() -> Model:
    return dense(Case(shape=(1, 12), channels=5))


def source(folder: Path, arithmetic: str = "xnnpack", one: Model | None = None) -> Path:
    one = one or model()
    return written(folder, emitted(one, arithmetic, inputs_for(one, 2)))


def built(source: Path, cpu: Cpu) -> prebuilt.Prebuilt:
    found = prebuilt.prebuild(source, cpu)
    if found is None:
        pytest.skip(f"no C compiler for {cpu.core} is here: neither zig nor a gcc")
    return found


def laid(files: Mapping[str, bytes], folder: Path) -> Path:
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)
        (folder / name).chmod(0o755)
    return folder


def emulator(cpu: Cpu) -> tuple[str, ...]:
    found = prebuilt.emulator_for(cpu.machine, cpu.features)
    if found is None:
        pytest.skip(f"nothing here runs programs for {cpu.machine}")
    return found


def agree(folder: Path, cpu: Cpu, one: Model, arithmetic: str) -> None:
    """The programs give the interpreter's integers."""
    runs = emulator(cpu)
    assert selftest(folder / prebuilt.SELFTEST, emulator=runs) == ""
    inputs = inputs_for(one, 3)
    (found,) = run_program(folder / prebuilt.RUNNER, one, inputs, emulator=runs)
    np.testing.assert_array_equal(found, reference.run(one, inputs, arithmetic)[0])


def test_this_computers_programs(tmp_path: Path) -> None:
    code = source(tmp_path)
    found = built(code, host())
    assert built(code, host()) == found, "two builds give the same bytes"
    assert str(tmp_path).encode() not in b"".join(found.files.values())
    assert json.loads(found.files["prebuilt.json"])["machine"] == "x86_64"
    folder = laid(found.files, tmp_path / "prebuilt")
    agree(folder, host(), model(), "xnnpack")
    done = subprocess.run([folder / prebuilt.RUNNER, "--selftest"], check=False, capture_output=True)
    assert done.returncode == 2
    done = subprocess.run([folder / prebuilt.RUNNER, tmp_path / "none"], check=False, capture_output=True)
    assert (done.returncode, b"none: can't be read" in done.stderr) == (1, True)
    done = subprocess.run([folder / prebuilt.RUNNER], input=b"12345", check=False, capture_output=True)
    assert (done.returncode, b"unreadable, or cut short" in done.stderr) == (1, True)


def test_an_input_that_ends_in_an_error_is_no_end_of_the_file(tmp_path: Path) -> None:
    """A folder opens and can't be read: with a C library and without one the runner must say so."""
    code = source(tmp_path)
    own = laid(built(code, host()).files, tmp_path / "prebuilt") / prebuilt.RUNNER
    for program in (own, compile_runtime(code, tmp_path)):
        done = subprocess.run([program, tmp_path], check=False, capture_output=True)
        assert (done.returncode, done.stdout) == (1, b"")
        assert b"unreadable" in done.stderr


def test_libraries_need_no_other_and_export_the_interface_only(tmp_path: Path) -> None:
    folder = laid(built(source(tmp_path), host()).files, tmp_path / "prebuilt")
    readelf = shutil.which("readelf")
    if not readelf:
        pytest.skip("readelf is not here")

    def read(*options: str) -> str:
        command = [readelf, "-W", *options, str(folder / prebuilt.SHARED)]
        return subprocess.run(command, check=True, capture_output=True, encoding="utf-8").stdout

    assert "NEEDED" not in read("-d")
    symbols = [line.split() for line in read("--dyn-syms").splitlines() if " FUNC " in line or " OBJECT " in line]
    assert {row[7] for row in symbols} >= {"model_init", "model_invoke", "model_abi_hash", "model_input_0"}
    assert all(row[6] != "UND" and row[7].startswith("model_") for row in symbols)
    assert not [row for row in symbols if row[3] == "OBJECT"], "constants are not part of the interface"


def test_a_gcc_serves_where_zig_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("packager.measure.cross._zig", tuple)
    cpu = dataclasses.replace(host(), features=())
    folder = laid(built(source(tmp_path), cpu).files, tmp_path / "prebuilt")
    agree(folder, cpu, model(), "xnnpack")


def test_a_microcontroller_gets_a_static_library(tmp_path: Path) -> None:
    cpu = load_profile("cortex-m4").cpu
    assert cpu is not None
    found = built(source(tmp_path, "integer"), cpu)
    assert set(found.files) == {"libmodel.a", "prebuilt.json"}
    assert found.files["libmodel.a"].startswith(b"!<arch>\n")
    assert found.files == built(source(tmp_path / "again", "integer"), cpu).files


def test_a_microcontrollers_library_suits_every_firmware(tmp_path: Path) -> None:
    cpu = load_profile("cortex-m7").cpu
    assert cpu is not None
    library = tmp_path / "libmodel.a"
    library.write_bytes(built(source(tmp_path, "integer"), cpu).files["libmodel.a"])
    said = subprocess.run(["readelf", "-AW", library], check=True, capture_output=True, encoding="utf-8").stdout
    members = said.count("File Attributes")
    assert members == 3
    assert said.count("Tag_ABI_VFP_args: compatible") == members, "floats in registers or not: none is passed"
    assert said.count("Tag_ABI_enum_size: forced to int") == members
    symbols = subprocess.run(["readelf", "-sW", library], check=True, capture_output=True, encoding="utf-8").stdout
    assert "__aeabi_unwind" not in symbols, "an unwinder would come with it"


FIRMWARE = """
#include "model.h"
MODEL_ARENA(arena);
int start(void);
void *memcpy(void *to, const void *from, size_t count);
void *memset(void *to, int value, size_t count);
void *memcpy(void *to, const void *from, size_t count) { (void)from; (void)count; return to; }
void *memset(void *to, int value, size_t count) { (void)value; (void)count; return to; }
int start(void) { return model_selftest(arena, sizeof arena); }
"""


@pytest.mark.parametrize("compiler", ["zig", "gcc"])
@pytest.mark.skipif(not shutil.which("arm-none-eabi-gcc"), reason="arm-none-eabi-gcc is not here")
def test_it_links_with_bare_metal_firmware(compiler: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Debian's gcc for bare systems brings no C library, not even its headers."""
    if compiler == "gcc":
        monkeypatch.setattr("packager.measure.cross._zig", tuple)
    cpu = load_profile("cortex-m7").cpu
    assert cpu is not None
    code = source(tmp_path, "integer")
    (tmp_path / "libmodel.a").write_bytes(built(code, cpu).files["libmodel.a"])
    (tmp_path / "firmware.c").write_text(FIRMWARE, encoding="utf-8")
    for floats in (("-mfloat-abi=soft",), ("-mfloat-abi=hard", "-mfpu=fpv5-d16", "-fno-short-enums")):
        flags = ["-mcpu=cortex-m7", "-mthumb", *floats, "-std=c99", f"-I{code}", "-nostdlib", "-Wl,-e,start"]
        files = [str(tmp_path / "firmware.c"), str(tmp_path / "libmodel.a"), "-lgcc", "-o", str(tmp_path / "firmware")]
        done = subprocess.run(["arm-none-eabi-gcc", *flags, *files], check=False, capture_output=True, encoding="utf-8")
        assert done.returncode == 0, done.stderr
        assert "enum" not in done.stderr


def test_code_that_the_compiler_refuses(tmp_path: Path) -> None:
    code = source(tmp_path)
    (code / "model.c").write_text("this is no C\n", encoding="utf-8")
    if cross_compiler(host()) is None:
        pytest.skip("no C compiler is here")
    with pytest.raises(ToolError, match="on the C runtime failed"):
        prebuilt.prebuild(code, host())


def test_a_cpu_without_a_compiler(tmp_path: Path) -> None:
    assert prebuilt.prebuild(source(tmp_path), dataclasses.replace(host(), machine="vax")) is None


def test_what_runs_here_and_what_is_emulated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    monkeypatch.setattr(prebuilt, "_flags", lambda: {"avx2"})
    monkeypatch.setenv("PATH", str(tmp_path))
    assert prebuilt.emulator_for("x86_64", ["avx2"]) == ()
    assert prebuilt.emulator_for("x86_64", ["avx512vnni"]) is None
    assert prebuilt.emulator_for("armv6l", []) is None
    for name in ("qemu-arm-static", "qemu-x86_64"):
        (tmp_path / name).write_text("#!/bin/sh\n", encoding="utf-8")
        (tmp_path / name).chmod(0o755)
    assert prebuilt.emulator_for("armv6l", []) == (str(tmp_path / "qemu-arm-static"),)
    assert prebuilt.emulator_for("x86_64", ["avx512vnni"]) == (str(tmp_path / "qemu-x86_64"), "-cpu", "max")


def test_a_bundles_own_program_is_run_where_it_can_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = source(tmp_path)
    laid(built(code, host()).files, code / prebuilt.FOLDER)
    (tmp_path / "model").mkdir()
    artifact = tmp_path / "model/model.tflite"
    artifact.write_bytes(write_tflite(model()))
    runs, inputs = emulator(host()), inputs_for(model(), 3)
    assert prebuilt.program_of(tmp_path) == (*runs, str(code / "prebuilt/model"))
    assert how_it_runs("c", tmp_path).startswith("runtime/c/prebuilt/model for x86-64, ")
    (code / "model.c").write_text("this is no C\n", encoding="utf-8")  # nothing is compiled
    (found,) = find_engine("c")(tmp_path, artifact, inputs)
    np.testing.assert_array_equal(found, reference.run(model(), inputs, "xnnpack")[0])
    monkeypatch.setattr(prebuilt, "emulator_for", lambda *_: ("/usr/bin/qemu-x86_64",))
    assert how_it_runs("c-here", tmp_path).endswith("under qemu-x86_64")
    assert prebuilt.program_of(tmp_path, emulate=False) == ()
    monkeypatch.setattr(prebuilt, "emulator_for", lambda *_: None)
    assert how_it_runs("c", tmp_path).startswith("its sources, compiled for this machine by ")
    assert how_it_runs("litert", tmp_path) == ""


@pytest.mark.parametrize("text", ["", "[]", '{"machine": 3, "features": []}', '{"machine": "aarch64"}'])
def test_what_is_said_of_programs_is_not_believed_blindly(text: str, tmp_path: Path) -> None:
    (tmp_path / "prebuilt.json").write_text(text, encoding="utf-8")
    assert prebuilt.about(tmp_path) == {}


@pytest.mark.parametrize("cpu", [MACHINES["dotprod"], MACHINES["armv6"], MACHINES["riscv64"]], ids=lambda cpu: cpu.core)
def test_every_file_is_clean_by_the_compiler_of_the_target(cpu: Cpu, tmp_path: Path) -> None:
    found = cross_compiler(cpu)
    if found is None:
        pytest.skip(f"no C compiler for {cpu.core} is here: neither zig nor a gcc")
    code = source(tmp_path, "xnnpack", convolution(Case()))
    for name in ("model", "model_weights", "selftest", "support", "main"):
        flags = [*STRICT, "-O2", "-DEDGEPACK_FREESTANDING", f"-I{code}", "-c", "-o", str(tmp_path / "one.o")]
        subprocess.run([*found.command, *found.flags, *flags, str(code / f"{name}.c")], check=True)


@pytest.mark.slow
@pytest.mark.parametrize("machine", MACHINES)
def test_other_cpus_give_the_same_integers(machine: str, tmp_path: Path) -> None:
    cpu = MACHINES[machine]
    emulator(cpu)
    spotter = read_tflite(reference_file("mlperf-tiny/kws_ref_model.tflite"))
    folder = laid(built(source(tmp_path, "integer", spotter), cpu).files, tmp_path / "prebuilt")
    agree(folder, cpu, spotter, "integer")


@pytest.mark.slow
@pytest.mark.parametrize("machine", MACHINES)
def test_other_cpus_by_their_gcc(machine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("packager.measure.cross._zig", tuple)
    cpu, one = MACHINES[machine], convolution(Case())
    folder = laid(built(source(tmp_path, "xnnpack", one), cpu).files, tmp_path / "prebuilt")
    agree(folder, cpu, one, "xnnpack")
