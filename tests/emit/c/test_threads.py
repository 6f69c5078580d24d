"""A layer cut into parts: the same integers, by the pool of pthreads and by a caller's own."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from emit.c.making import SANITIZED, STRICT, emitted, together, written
from emit.c.test_kernels import TABLES
from ops.judging import inputs_for

from packager.emit.c import ANY, Target
from packager.interp import reference
from packager.ir import Model
from packager.measure.c import compiler
from packager.ops import ARITHMETICS

pytestmark = pytest.mark.skipif(not compiler(), reason="no C compiler is here")

HEAD = r"""
#include "threads.h"
#include <stdio.h>
MODEL_ARENA(arena);
static int all(const model_threads_t *threads)
{
    model_t model;
    if (model_init(&model, arena, sizeof arena))
        return 2;
    model_use_threads(&model, threads);
    for (size_t i = 0; i < MODEL_INPUTS; i++)
        if (fread(model_input(&model, i), 1, model_input_bytes(i), stdin) != model_input_bytes(i))
            return 3;
    model_invoke(&model);
    for (size_t i = 0; i < MODEL_OUTPUTS; i++)
        fwrite(model_output(&model, i), 1, model_output_bytes(i), stdout);
    return 0;
}
"""
POOL = r"""
int main(void)
{
    static model_pool_t pool;
    if (model_pool_start(&pool, 0) != -1 || model_pool_start(&pool, MODEL_POOL_MOST + 1) != -1)
        return 4;
    if (model_pool_start(&pool, 3))
        return 5;
    const int failed = all(&pool.threads);
    model_pool_stop(&pool);
    return failed;
}
"""
OWN = r"""
static void backwards(void *pool, void (*task)(void *argument, int part), void *argument, int parts)
{
    ++*(int *)pool;
    while (parts-- > 0)
        task(argument, parts);
}
int main(void)
{
    int layers = 0;
    const model_threads_t threads = {backwards, &layers, 5};
    return all(&threads) || layers == 0;
}
"""
_CUT = ("conv_2d", "depthwise_conv_2d", "fully_connected", "add", "sub")
SHARED = together({f"{t}-{n}": m for t in _CUT for n, m in TABLES[t].items()})


def check(
    arithmetic: str,
    folder: Path,
    main: str,
    *flags: str,
    model: Model = SHARED,
    target: Target = ANY,
    command: Sequence[str] = (),
    emulator: Sequence[str] = (),
) -> None:
    """Assert the interpreter's integers, every layer shared whatever its size."""
    inputs = inputs_for(model, 1)
    source = written(folder, emitted(model, arithmetic, inputs, target))
    (folder / "own.c").write_text(HEAD + main, encoding="utf-8")
    program = folder / "own"
    files = [folder / "own.c", *(source / name for name in ("model.c", "model_weights.c", "threads.c"))]
    threads = ("-DEDGEPACK_THREADS", "-DEP_WORTH_SHARING=0", "-pthread", f"-I{source}")
    subprocess.run([*(command or compiler()), *flags, *threads, *files, "-o", program], check=True)
    given = b"".join(array.tobytes() for array in inputs)
    done = subprocess.run([*emulator, program], input=given, capture_output=True, check=True)
    wanted = b"".join(array.tobytes() for array in reference.run(model, inputs, arithmetic))
    np.testing.assert_array_equal(np.frombuffer(done.stdout, np.int8), np.frombuffer(wanted, np.int8))


@pytest.mark.parametrize("vectors", ["-march=native", "-DEDGEPACK_PORTABLE"])
@pytest.mark.parametrize("main", [POOL, OWN], ids=["pool", "own"])
def test_parts_give_the_same_integers(main: str, vectors: str, tmp_path: Path) -> None:
    check("xnnpack", tmp_path, main, *STRICT, "-O1", vectors)


@pytest.mark.slow
@pytest.mark.parametrize("vectors", ["-march=native", "-DEDGEPACK_PORTABLE"])
@pytest.mark.parametrize("arithmetic", ARITHMETICS)
def test_parts_stay_in_their_memory(arithmetic: str, vectors: str, tmp_path: Path) -> None:
    check(arithmetic, tmp_path, OWN, *SANITIZED, vectors)


@pytest.mark.slow
def test_threads_do_not_race(tmp_path: Path) -> None:
    check("xnnpack", tmp_path, POOL, *STRICT, "-O1", "-g", "-fsanitize=thread", "-march=native")
