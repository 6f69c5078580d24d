"""The C runtime on two threads against one, in turns in one program; both cores should be free.

    python benchmarks/runtime/threads.py MODEL.tflite... [--cc clang] [--flags=-march=native] [--turns 40]

Prints Markdown: the median and the least time of an inference by wall clock, in milliseconds, and how many times as
fast two threads are; outputs are compared first. A turn is four inferences in a row, so that one in four has to wake
the other thread. In the same turns two instances run side by side, one thread each and nothing shared but the weights:
what the machine's second core gives at most. Behind them, turns of LiteRT with one thread and with two. Load is printed
before and after.
"""

import argparse
import os
import shlex
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np

from packager.config.samples import Samples
from packager.emit.c import emit_c
from packager.ir import read_tflite
from packager.measure.c import compiler

IN_A_ROW = 4
MAIN = r"""
#define _POSIX_C_SOURCE 200809L
#include "threads.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
MODEL_ARENA(arena);
MODEL_ARENA(other_arena);
static model_t model, other;
static double since(struct timespec start)
{
    struct timespec end;
    clock_gettime(CLOCK_MONOTONIC, &end);
    return 1e3 * (double)(end.tv_sec - start.tv_sec) + 1e-6 * (double)(end.tv_nsec - start.tv_nsec);
}
static void in_a_row(const model_t *one)
{
    for (int i = 0; i < IN_A_ROW; i++)
        model_invoke(one);
}
static double turn(const model_threads_t *threads)
{
    struct timespec start;
    model_use_threads(&model, threads);
    clock_gettime(CLOCK_MONOTONIC, &start);
    in_a_row(&model);
    return since(start) / IN_A_ROW;
}
static void *beside(void *unused)
{
    in_a_row(&other);
    return unused;
}
static double both(void)
{
    struct timespec start;
    pthread_t thread;
    model_use_threads(&model, NULL);
    clock_gettime(CLOCK_MONOTONIC, &start);
    if (pthread_create(&thread, NULL, beside, NULL))
        exit(5);
    in_a_row(&model);
    pthread_join(thread, NULL);
    return since(start) / IN_A_ROW;
}
int main(int argc, char **argv)
{
    static model_pool_t pool;
    if (argc != 2 || model_init(&model, arena, sizeof arena) || model_init(&other, other_arena, sizeof other_arena)
        || model_pool_start(&pool, 2))
        return 2;
    memset(model_input(&other, 0), 1, model_input_bytes(0));
    /* Layers may reuse the input's bytes, and times do not depend on values. */
    memset(model_input(&model, 0), 1, model_input_bytes(0));
    model_invoke(&model);
    unsigned char *first = malloc(model_output_bytes(0));
    if (!first)
        return 3;
    memcpy(first, model_output(&model, 0), model_output_bytes(0));
    memset(model_input(&model, 0), 1, model_input_bytes(0));
    model_use_threads(&model, &pool.threads);
    model_invoke(&model);
    if (memcmp(first, model_output(&model, 0), model_output_bytes(0)))
        return 4;
    for (int i = 0; i < atoi(argv[1]); i++) {
        const double one = turn(NULL), two = turn(&pool.threads), side = both();
        printf("%.6f %.6f %.6f\n", one, two, side);
    }
    model_pool_stop(&pool);
    free(first);
    return 0;
}
"""


def times(path: Path, command: list[str], turns: int) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Return ``[turns, 3]``: milliseconds with one thread, with two, and of two inferences side by side."""
    model = read_tflite(path)
    inputs = {
        n: np.zeros((1, *t.dims[1:]), np.int8) for n, t in zip(model.input_names(), model.input_types(), strict=True)
    }
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for entry in emit_c(model, "xnnpack", Samples(arrays=inputs), name="benchmark"):
            file = folder / entry.path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(entry.content)
        source = folder / "runtime/c"
        (source / "timed.c").write_text(MAIN, encoding="utf-8")
        files = [str(source / each) for each in ("model.c", "model_weights.c", "support.c", "threads.c", "timed.c")]
        program = str(folder / "timed")
        subprocess.run([*command, "-DEDGEPACK_THREADS", "-pthread", f"-I{source}", *files, "-o", program], check=True)
        done = subprocess.run([program, str(turns)], check=True, capture_output=True, text=True)
    return np.array([[float(cell) for cell in line.split()] for line in done.stdout.splitlines()])


def litert(path: Path, turns: int) -> float:
    """How many times as fast LiteRT is with two threads, the median of as many turns."""
    from ai_edge_litert.interpreter import Interpreter

    interpreters = [Interpreter(model_path=str(path), num_threads=threads) for threads in (1, 2)]
    for interpreter in interpreters:
        interpreter.allocate_tensors()
        interpreter.invoke()
    ratios = []
    for _ in range(turns):
        spent = []
        for interpreter in interpreters:
            start = time.perf_counter()
            for _ in range(IN_A_ROW):
                interpreter.invoke()
            spent.append(time.perf_counter() - start)
        ratios.append(spent[0] / spent[1])
    return statistics.median(ratios)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="+", type=Path)
    parser.add_argument("--cc", default="")
    parser.add_argument("--flags", default="-O3 -march=native")
    parser.add_argument("--turns", type=int, default=40)
    asked = parser.parse_args()
    command = [*(shlex.split(asked.cc) or compiler()), *shlex.split(asked.flags), f"-DIN_A_ROW={IN_A_ROW}"]
    print(f"load before: {os.getloadavg()[0]:.1f}\n")
    print(
        "| model | one thread, median | least | two threads, median | least | times as fast | side by side | LiteRT |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for path in asked.models:
        found = times(path, command, asked.turns)
        (one, two, _), (least, lesser, lowest) = np.median(found, axis=0), found.min(axis=0)
        faster, most = np.median(found[:, 0] / found[:, 1]), np.median(2 * found[:, 0] / found[:, 2])
        print(
            f"| {path.stem} | {one:.2f} | {least:.2f} | {two:.2f} | {lesser:.2f}"
            f" | {faster:.2f}; {least / lesser:.2f} of least | {most:.2f}; {2 * least / lowest:.2f} of least"
            f" | {litert(path, asked.turns):.2f} |"
        )
    print(f"\nload after: {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
