"""Constants as C source: what a compiler reads back is the number itself, and no strict warning stands against it."""

import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from emit.c.making import STRICT

from packager.emit.c._contract import Constant
from packager.emit.c._text import definition
from packager.measure.c import compiler

VALUES = np.asarray([1 / 3, 1e-300, 2.0**-47 + 2.0**-99, 7.0], np.float64)


def test_a_double_keeps_every_bit_and_a_float_is_one() -> None:
    doubles = definition("d", Constant(name="d", ctype="double", values=VALUES))
    assert [float.fromhex(text) for text in re.findall(r"0x[0-9a-fp.+-]+", doubles)] == VALUES.tolist()
    floats = definition("f", Constant(name="f", ctype="float", values=VALUES[[0, 3]].astype(np.float32)))
    assert [float.fromhex(text) for text in re.findall(r"(0x[0-9a-fp.+-]+)f", floats)] == [
        float(np.float32(1 / 3)),
        7.0,
    ]


@pytest.mark.parametrize("name", ["gcc", "clang"])
def test_no_compiler_sees_a_promotion(name: str, tmp_path: Path) -> None:
    command = compiler() if name == "gcc" else [shutil.which("clang") or ""]
    if not command[0]:
        pytest.skip(f"{name} is not here")
    constants = (
        Constant(name="d", ctype="double", values=VALUES),
        Constant(name="f", ctype="float", values=VALUES[:1]),
    )
    source = "#define EP_CONSTANT\n" + "\n".join(definition(c.name, c) for c in constants) + "\n"
    (tmp_path / "constants.c").write_text(source, encoding="utf-8")
    what = [*STRICT, "-c", "constants.c", "-o", "constants.o"]
    done = subprocess.run([*command, *what], cwd=tmp_path, check=False, capture_output=True, encoding="utf-8")
    assert not done.returncode, done.stderr
