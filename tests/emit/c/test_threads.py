"""A layer cut into parts: the same integers, by the pool of pthreads and by a caller's own."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from emit.c.making import SANITIZED, STRICT, emitted, together, written
from emit.c.test_kernels import TABLES
from ops.judging import inputs_for

from packager.data import data_dir
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
LINES = r"""
typedef struct {
    void (*run)(void *pool, void (*task)(void *argument, int part), void *argument, int parts);
    void *pool;
    int parts;
} model_threads_t;
#include "threads.h"
#include <pthread.h>
#include <stdio.h>
static int times[100000];
static void count(void *job, int32_t first, int32_t last)
{
    (void)job;
    for (int32_t i = first; i < last; i++)
        times[i]++; /* Unguarded: a line that two threads run is a race. */
}
typedef struct {
    void (*task)(void *argument, int part);
    void *argument;
    int part;
} one;
static void *thread(void *argument)
{
    const one *const o = argument;
    o->task(o->argument, o->part);
    return NULL;
}
static void each_in_its_own(void *pool, void (*task)(void *argument, int part), void *argument, int parts)
{
    static one ones[EP_MOST_PARTS];
    static pthread_t threads[EP_MOST_PARTS];
    (void)pool;
    for (int part = 0; part < parts; part++) {
        const one o = {task, argument, part};
        ones[part] = o;
        pthread_create(&threads[part], NULL, thread, &ones[part]);
    }
    for (int part = 0; part < parts; part++)
        pthread_join(threads[part], NULL);
}
int main(void)
{
    static const int32_t lines[] = {2, 3, 7, 64, 199, 32767, 32768, 32769, 65537, 100000};
    static const int64_t work[] = {200000, 300000, 12000000, INT64_C(5000000000)};
    static const int parts[] = {2, 3, 16, 100};
    for (int i = 0; i < 10; i++)
        for (int j = 0; j < 4; j++)
            for (int k = 0; k < 4; k++) {
                const model_threads_t threads = {each_in_its_own, NULL, parts[k]};
                memset(times, 0, sizeof times);
                ep_share(count, NULL, lines[i], work[j], &threads);
                for (int32_t at = 0; at < 100000; at++)
                    if (times[at] != (at < lines[i])) {
                        printf("%d lines, %d parts: line %d ran %d times\n", lines[i], parts[k], at, times[at]);
                        return 1;
                    }
            }
    return 0;
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
    threads = ("-DEDGEPACK_THREADS", "-DEP_WORTH_SHARING=0", "-DEP_WORTH_TAKING=0", "-pthread", f"-I{source}")
    subprocess.run([*(command or compiler()), *flags, *threads, *files, "-o", program], check=True)
    given = b"".join(array.tobytes() for array in inputs)
    done = subprocess.run([*emulator, program], input=given, capture_output=True, check=True)
    wanted = b"".join(array.tobytes() for array in reference.run(model, inputs, arithmetic))
    np.testing.assert_array_equal(np.frombuffer(done.stdout, np.int8), np.frombuffer(wanted, np.int8))


@pytest.mark.parametrize("vectors", ["-march=native", "-DEDGEPACK_PORTABLE"])
@pytest.mark.parametrize("main", [POOL, OWN], ids=["pool", "own"])
def test_parts_give_the_same_integers(main: str, vectors: str, tmp_path: Path) -> None:
    check("xnnpack", tmp_path, main, *STRICT, "-O1", vectors)


def test_parts_are_fixed_where_a_compare_and_swap_is_no_instruction(tmp_path: Path) -> None:
    check("xnnpack", tmp_path, POOL, *STRICT, "-O1", "-U__GCC_HAVE_SYNC_COMPARE_AND_SWAP_4")


@pytest.mark.parametrize("flags", [(), ("-fsanitize=thread",), ("-U__GCC_HAVE_SYNC_COMPARE_AND_SWAP_4",)], ids=str)
def test_every_line_runs_once(flags: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "lines.c").write_text(LINES, encoding="utf-8")
    program, kernels = tmp_path / "lines", data_dir("templates") / "c/kernels"
    threads = ("-DEDGEPACK_THREADS", "-pthread", f"-I{kernels}")
    made = (*STRICT, "-O1", "-g", *flags, *threads)
    subprocess.run([*compiler(), *made, tmp_path / "lines.c", "-o", program], check=True)
    done = subprocess.run([program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.slow
@pytest.mark.parametrize("vectors", ["-march=native", "-DEDGEPACK_PORTABLE"])
@pytest.mark.parametrize("arithmetic", ARITHMETICS)
def test_parts_stay_in_their_memory(arithmetic: str, vectors: str, tmp_path: Path) -> None:
    check(arithmetic, tmp_path, OWN, *SANITIZED, vectors)


@pytest.mark.slow
def test_threads_do_not_race(tmp_path: Path) -> None:
    check("xnnpack", tmp_path, POOL, *STRICT, "-O1", "-g", "-fsanitize=thread", "-march=native")
