"""Layers of int16 cut into parts: the same integers, with a patch of windows for each part."""

from pathlib import Path

import pytest
from emit.c import test_threads
from emit.c.making import SANITIZED, STRICT, together
from emit.c.test_foreign import tools
from emit.c.test_int16 import TABLES
from emit.c.test_int16_products import LONG, TILES
from emit.c.test_kernels import flags_of

from packager.measure.c import compiler

needs_compiler = pytest.mark.skipif(not compiler(), reason="no C compiler is here")

_CUT = ("conv_2d", "depthwise_conv_2d", "fully_connected")
SHARED = together({f"{table}-{n}": m for table in _CUT for n, m in TABLES[table].items()})
EDGES = together({**{n: LONG[n] for n in ("dense-512", "conv")}, **TILES})


@needs_compiler
@pytest.mark.parametrize("main", [test_threads.POOL, test_threads.OWN], ids=["pool", "own"])
def test_parts_give_the_same_integers(main: str, tmp_path: Path) -> None:
    test_threads.check("xnnpack", tmp_path, main, *STRICT, "-O1", flags_of("native"), model=SHARED)


@needs_compiler
@pytest.mark.slow
@pytest.mark.parametrize("vectors", ["avx2", "portable"])
def test_parts_stay_in_their_memory(vectors: str, tmp_path: Path) -> None:
    for name, model in (("shared", SHARED), ("edges", EDGES)):
        folder = tmp_path / name
        folder.mkdir()
        test_threads.check("integer", folder, test_threads.OWN, *SANITIZED, flags_of(vectors), model=model)


@needs_compiler
@pytest.mark.slow
def test_threads_do_not_race(tmp_path: Path) -> None:
    flags = (*STRICT, "-O1", "-g", "-fsanitize=thread", flags_of("native"))
    test_threads.check("xnnpack", tmp_path, test_threads.POOL, *flags, model=SHARED)


@pytest.mark.slow
@pytest.mark.parametrize("cpu", ["neon", "armv7", "dsp"])
def test_parts_on_other_cpus(cpu: str, tmp_path: Path) -> None:
    command, emulator, flags = tools(cpu)
    test_threads.check(
        "xnnpack", tmp_path, test_threads.OWN, *flags, "-O1", model=EDGES, command=command, emulator=emulator
    )
