"""Kernels in one file, and one by one: a model may need any of them, beside any other or none, whatever the CPU."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from emit.c.making import STRICT, emitted, written
from emit.c.test_kernels import TABLES
from emit.c.test_more_kernels import TABLES as MORE
from ops.judging import inputs_for

from packager.data import data_dir

CPUS = {
    "x86-64": ("gcc",),
    "avx2": ("gcc", "-mavx2"),
    "avx512": ("gcc", *(f"-mavx512{part}" for part in ("f", "vnni", "vl", "bw", "dq", "vbmi"))),
    "portable": ("gcc", "-DEDGEPACK_PORTABLE"),
    "neon": ("aarch64-linux-gnu-gcc", "-mcpu=cortex-a53"),
    "dotprod": ("aarch64-linux-gnu-gcc", "-mcpu=cortex-a76"),
    "armv7": ("arm-linux-gnueabihf-gcc", "-mcpu=cortex-a53", "-mfpu=neon-vfpv4"),
    "dsp": ("arm-linux-gnueabi-gcc", "-march=armv7-a", "-mthumb"),
    "riscv64": ("riscv64-linux-gnu-gcc",),
}
RULES = ("FLOAT32", "TWICE", "ONCE")
SWITCHES = (
    "TAPS=25", "DEPTH=64", "PATCHED=1", "TOGETHER=1", "MINUS_128=1", "REDUCE_FLOAT32=1", "SOFTMAX_FIXED=1",
    "SOFTMAX_TABLE=1", "SOFTMAX_PARTS=1", "ONE_SCALE=1", "SLIDES_BY_1=1", "SLIDES_BY_2=1", "OTHER_WINDOWS=1",
    "INT16_TAPS=25", "INT16_PATCHED=1", "INT16_PATCHES=4", "INT16_TOGETHER=1", "INT16_LONG=1", "INT16_MULTIPLIES=1",
    "INT16_DOUBLE=1", "INT16_UPWARDS=1", "INT16_TWICE=1", "INT16_WIDE=1", "INT16_HIGH=1",
    *(f"{rule}=1" for rule in RULES),
)  # fmt: skip
"""Every part of a kernel that a model can ask for."""


def kernels() -> tuple[str, ...]:
    """Headers that no other one includes; the rest come with them, as the CPU asks."""
    texts = {path.name: path.read_text("utf-8") for path in Path(str(data_dir("templates") / "c/kernels")).iterdir()}
    included = {name for text in texts.values() for name in re.findall(r'^#include "(\w+\.h)"', text, re.MULTILINE)}
    return tuple(sorted(texts.keys() - included))


@pytest.mark.parametrize("cpu", CPUS)
def test_no_two_kernels_share_a_name(cpu: str, tmp_path: Path) -> None:
    compiler, *flags = CPUS[cpu]
    if shutil.which(compiler) is None:
        pytest.skip(f"{compiler} is not installed")
    found = kernels()
    assert {"conv_2d.h", "fill.h", "softmax.h"} <= set(found)
    source = tmp_path / "all.c"
    source.write_text("".join(f'#include "{name}"\n' for name in found), "utf-8")
    folder = Path(str(data_dir("templates") / "c/kernels"))
    defines = [f"-DEP_{switch}" for switch in SWITCHES]
    command = [compiler, "-std=c99", "-fsyntax-only", *flags, *defines, f"-I{folder}", str(source)]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_an_operator_alone_leaves_nothing_unused(tmp_path: Path) -> None:
    """Helpers of other operators come with a header, and a compiler is strict about them."""
    compiler, *flags = CPUS["neon"]
    if shutil.which(compiler) is None:
        pytest.skip(f"{compiler} is not installed")
    for table, models in (TABLES | MORE).items():
        model = next(iter(models.values()))
        source = written(tmp_path / table, emitted(model, "xnnpack", inputs_for(model, 1)))
        command = [compiler, *STRICT, *flags, "-S", "-o", os.devnull, f"-I{source}", str(source / "model.c")]
        done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
        assert done.returncode == 0, f"{table}: {done.stderr}"
