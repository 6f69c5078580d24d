"""The products of AVX2 keep their sums in registers: what a step of the loop does with the stack, by the assembly.

No time is a test, so nothing else tells: outputs stayed the same while a compiler wrote twelve sums at each step.
"""

import platform
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from emit.c.making import emitted, written
from emit.c.test_kernels import TABLES
from ops.judging import inputs_for

MOST = 6
"""Vectors of a tile, each with two sums."""
pytestmark = pytest.mark.skipif(platform.machine() not in {"x86_64", "AMD64"}, reason="AVX2 is of x86-64")


def stretches(assembly: str, function: str) -> list[str]:
    """What a function, which compilers may have given a suffix, does between labels and jumps."""
    body = re.search(rf"^{function}(?:\.\w+)*:.*?\n(.*?)^\s*\.size\s+{function}", assembly, re.MULTILINE | re.DOTALL)
    assert body is not None, f"no {function}"
    return re.split(r"^\.L\w+:.*\n|^\s+j\w+\s.*\n", body[1], flags=re.MULTILINE)


@pytest.mark.parametrize("tuned", [(), ("-mtune=znver3",)], ids=["generic", "tuned"])
@pytest.mark.parametrize("name", ["gcc", "clang"])
def test_no_sum_goes_to_the_stack_in_a_step(name: str, tuned: tuple[str, ...], tmp_path: Path) -> None:
    command = shutil.which(name)
    if command is None:
        pytest.skip(f"no {name} is here")
    model = TABLES["conv_2d"]["ordinary"]
    source = written(tmp_path, emitted(model, "xnnpack", inputs_for(model, 1)))
    flags = ("-std=c99", "-O3", "-mavx2", *tuned, "-S", f"-I{source}")
    subprocess.run([command, *flags, source / "model.c", "-o", tmp_path / "model.s"], check=True)
    found = stretches((tmp_path / "model.s").read_text(encoding="utf-8"), f"ep_tile_of_{MOST}")
    (step,) = (stretch for stretch in found if stretch.count("vpmaddwd") == 2 * MOST)
    assert not re.findall(r".*%ymm\d+, *-?\d*\(%r[sb]p\)", step), "a sum is written to memory"
    assert not re.findall(r".*-?\d*\(%r[sb]p\), *%ymm.*", step), "a sum is read from memory"
