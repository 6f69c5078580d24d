"""The five MLPerf Tiny models as C, held to the interpreter; and on other CPUs, emulated."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from emit.c.making import SANITIZED, STRICT, check
from interp.test_mlperf import inputs_of
from reference import MLPERF_INT8, reference

from packager.ir import Model, read_tflite
from packager.ops import ARITHMETICS

CROSS = {
    "aarch64": ("aarch64-linux-gnu-gcc", "qemu-aarch64", ()),
    "armv8.2-dotprod": ("aarch64-linux-gnu-gcc", "qemu-aarch64", ("-march=armv8.2-a+dotprod",)),
    "armv7": ("arm-linux-gnueabihf-gcc", "qemu-arm", ("-mcpu=cortex-a53", "-mfpu=neon-vfpv4")),
    "armv6": ("arm-linux-gnueabi-gcc", "qemu-arm", ("-mcpu=arm1176jzf-s", "-mfloat-abi=soft")),
    "riscv64": ("riscv64-linux-gnu-gcc", "qemu-riscv64", ()),
}


def model_and_inputs(name: str, count: int) -> tuple[Model, list[np.ndarray[tuple[int, ...], np.dtype[np.int8]]]]:
    model = read_tflite(reference(name))
    return model, [inputs_of(name, model, count)]


@pytest.mark.parametrize("arithmetic", ARITHMETICS)
@pytest.mark.parametrize("name", MLPERF_INT8)
def test_mlperf_tiny(name: str, arithmetic: str, tmp_path: Path) -> None:
    model, inputs = model_and_inputs(name, 4)
    check(model, arithmetic, tmp_path, inputs=inputs, flags=(*STRICT, "-O2", "-march=native"))


@pytest.mark.slow
@pytest.mark.parametrize("arithmetic", ARITHMETICS)
@pytest.mark.parametrize("name", MLPERF_INT8)
def test_mlperf_tiny_on_many_inputs(name: str, arithmetic: str, tmp_path: Path) -> None:
    model, inputs = model_and_inputs(name, 500)
    check(model, arithmetic, tmp_path, inputs=inputs, flags=(*STRICT, "-O2"))


@pytest.mark.slow
@pytest.mark.parametrize("arithmetic", ARITHMETICS)
@pytest.mark.parametrize("name", MLPERF_INT8)
def test_mlperf_tiny_is_clean_under_sanitizers(name: str, arithmetic: str, tmp_path: Path) -> None:
    model, inputs = model_and_inputs(name, 2)
    check(model, arithmetic, tmp_path, inputs=inputs, flags=(*SANITIZED, "-march=native"))


@pytest.mark.slow
@pytest.mark.parametrize("arithmetic", ARITHMETICS)
@pytest.mark.parametrize("name", MLPERF_INT8)
def test_mlperf_tiny_with_clang(name: str, arithmetic: str, tmp_path: Path) -> None:
    clang = shutil.which("clang")
    if not clang:
        pytest.skip("clang is not here")
    model, inputs = model_and_inputs(name, 4)
    check(model, arithmetic, tmp_path, inputs=inputs, flags=(*STRICT, "-O2", "-march=native"), command=[clang])


@pytest.mark.slow
@pytest.mark.parametrize("arithmetic", ARITHMETICS)
@pytest.mark.parametrize("name", MLPERF_INT8)
@pytest.mark.parametrize("cpu", CROSS)
def test_mlperf_tiny_on_another_cpu(cpu: str, name: str, arithmetic: str, tmp_path: Path) -> None:
    cc, emulator, flags = CROSS[cpu]
    for tool in (cc, emulator):
        if not shutil.which(tool):
            pytest.skip(f"{tool} is not here")
    model, inputs = model_and_inputs(name, 2)
    strict = (*STRICT, "-O2", "-static", *flags)
    check(model, arithmetic, tmp_path, inputs=inputs, flags=strict, command=[cc], emulator=[emulator])
