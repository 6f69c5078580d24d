"""Products of int16 and int8 at the ends of 32 bits and of every CPU's tiles, and the scaling of their sums."""

import dataclasses
import subprocess
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from emit.c.making import SANITIZED, STRICT, check, emitted, together, written
from emit.c.test_foreign import lowest, tools
from emit.c.test_int16 import layers, wide
from emit.c.test_kernels import flags_of
from hypothesis import given, settings
from hypothesis import strategies as st
from ops.convolving import Case, convolution, dense, depthwise
from ops.judging import inputs_for, judge

from packager.data import data_dir
from packager.emit.c._scaling16 import _in_32_bits
from packager.ir import DType, Model
from packager.measure.c import compiler
from packager.ops import ARITHMETICS
from packager.ops import _fixed_point as fixed

needs_compiler = pytest.mark.skipif(not compiler(), reason="no C compiler is here")


def all_of(model: Model, weight: int, bias: int) -> Model:
    """The model with every weight the same, and every bias."""
    graph = model.main
    of = {DType.INT8: weight, DType.INT64: bias, DType.INT32: bias}
    changed = [
        t if t.data is None else dataclasses.replace(t, data=np.full_like(t.data, of[t.type.dtype]))
        for t in graph.tensors
    ]
    return dataclasses.replace(model, graphs=(dataclasses.replace(graph, tensors=tuple(changed)),))


def deep(depth: int, weight: int, bias: int = 0, kind: DType | None = None) -> Model:
    return all_of(dense(wide(Case(shape=(2, depth), channels=3, weight_scale=1e-5), kind)), weight, bias)


FITS = {
    # 511 products of 2^22, and a bias up to the last number before 2^31.
    "dense-511": deep(511, -128),
    "dense-511-end": deep(511, -128, (1 << 22) - 1),
    "dense-511-least": deep(511, -128, 1 - (1 << 22)),
    "dense-127": deep(516, 127),
    "wraps": deep(2001, -128, 5, DType.INT32),
}
LONG = {
    "dense-512": deep(512, -128),
    "dense-512-one": deep(511, -128, 1 << 22),
    "dense-513": deep(513, -128),
    "dense-5000": deep(5000, -128, -(1 << 40)),
    "dense-127-long": deep(517, 127),
    "conv": all_of(convolution(wide(Case(shape=(1, 4, 5, 190), channels=18, weight_scale=1e-5))), -128, 1 << 33),
    "depthwise": all_of(depthwise(wide(Case(shape=(1, 24, 24, 5), kernel=(23, 23), weight_scale=1e-5))), -128, 7),
}
TILES = {
    # Vectors from 1 to 14, quads in a run from 1 to 9, outputs on both sides of blocks of 16 and of halves.
    **{
        f"pointwise-{n}": convolution(wide(Case(shape=(1, 1, n, 4 * n + n % 3), kernel=(1, 1), channels=6 + 2 * n)))
        for n in (1, 2, 3, 4, 5, 7, 8, 9, 14)
    },
    **{
        f"window-{d}": convolution(wide(Case(shape=(1, 6, 11, d), channels=c, stride=(1, 1 + d % 2))))
        for d, c in ((1, 8), (3, 16), (4, 24), (8, 17))
    },
    **{
        f"slide-{c}-{stride}": depthwise(wide(Case(shape=(2, 5, 7 + c, c), stride=(1, stride))))
        for c in (3, 8, 16, 24, 33)
        for stride in (1, 2)
    },
    "column": depthwise(wide(Case(shape=(2, 15, 1, 24), kernel=(5, 1)))),
    "lowest": lowest(convolution(wide(Case(shape=(1, 4, 5, 8), channels=16)))),
    # Scales of a quarter and more, and such as shift far.
    "large-scales": convolution(wide(Case(shape=(1, 3, 3, 8), weight_scale=0.3))),
    "small-scales": convolution(wide(Case(shape=(1, 3, 3, 8), weight_scale=2e-6))),
    "dead": convolution(wide(Case(shape=(1, 3, 3, 8), weight_scale=1e-9))),
    "far": convolution(wide(Case(shape=(1, 3, 3, 40), weight_scale=2e-7))),
    **layers(dense, {"scaled": Case(shape=(3, 40), channels=21), "far": Case(shape=(3, 400), weight_scale=3e-5)}),
    **layers(convolution, {"grouped": Case(shape=(1, 6, 6, 8), channels=12, groups=4)}),
}
PRODUCTS = {**FITS, **LONG, **TILES}


def source(model: Model) -> str:
    return next(e.content.decode() for e in emitted(model, "xnnpack", inputs_for(model, 1)) if "/model.c" in e.path)


def test_litert_gives_them_the_interpreters_integers() -> None:
    for name, model in PRODUCTS.items():
        if name != "far-32" and not name.startswith("slide"):
            judge(model, arithmetics=("integer", "xnnpack"), count=2)


def test_sums_are_long_where_32_bits_are_too_few_and_only_there() -> None:
    assert {n for n, m in {**FITS, **LONG}.items() if "long_bias = " in source(m)} == set(LONG)


def test_every_rule_is_there() -> None:
    text = source(together(PRODUCTS))
    for rule in ("WIDE", "HIGH", "TWICE", "UPWARDS", "DOUBLE"):
        assert f"#define EP_INT16_{rule} 1" in text


@needs_compiler
@pytest.mark.slow
@pytest.mark.parametrize("flags", ["avx2", "portable"])
def test_the_same_integers_at_every_edge(flags: str, tmp_path: Path) -> None:
    more = ("-DEDGEPACK_NO_DOUBLES",) if flags == "portable" else ()
    check(together(PRODUCTS), "xnnpack", tmp_path, flags=(*STRICT, "-O1", flags_of(flags), *more))


@needs_compiler
@pytest.mark.slow
def test_nothing_undefined(tmp_path: Path) -> None:
    check(together(PRODUCTS), "integer", tmp_path, flags=(*SANITIZED, flags_of("avx2")))


@pytest.mark.slow
@pytest.mark.parametrize("cpu", ["neon", "armv7", "dsp"])
def test_the_same_integers_on_other_cpus(cpu: str, tmp_path: Path) -> None:
    command, emulator, flags = tools(cpu)
    check(together(PRODUCTS), "xnnpack", tmp_path, flags=(*flags, "-O2"), command=command, emulator=emulator)


@needs_compiler
@pytest.mark.slow
def test_kernels_for_avx512_compile(tmp_path: Path) -> None:
    """Those of AVX2, which serve for it."""
    flags = [f"-mavx512{name}" for name in ("f", "bw", "dq", "vl", "vnni")]
    compiled(together(PRODUCTS), ["-O2", *flags], tmp_path)


ALONE = {
    "dense": dense(wide(Case(shape=(1, 20)))),
    "dense-32": dense(wide(Case(shape=(3, 20)), DType.INT32)),
    "pointwise": convolution(wide(Case(kernel=(1, 1)))),
    "window": convolution(wide(Case())),
    "window-32": convolution(wide(Case(), DType.INT32)),
    "depthwise": depthwise(wide(Case())),
    "multiplier": depthwise(wide(Case(multiplier=3))),
    "long": LONG["depthwise"],
    "long-dense": LONG["dense-512"],
    "large-scales": TILES["large-scales"],
}


@needs_compiler
@pytest.mark.slow
@pytest.mark.parametrize("flags", [["-mavx2"], [], ["-DEDGEPACK_PORTABLE", "-DEDGEPACK_NO_DOUBLES"]])
def test_one_layer_alone_leaves_nothing_unused(flags: list[str], tmp_path: Path) -> None:
    for name, model in ALONE.items():
        for arithmetic in ARITHMETICS if name.endswith("-32") else ("xnnpack",):
            compiled(model, ["-fsyntax-only", *flags], tmp_path / name / arithmetic, arithmetic)


@pytest.mark.slow
@pytest.mark.parametrize("cpu", ["neon", "armv7", "dsp"])
def test_nor_on_other_cpus(cpu: str, tmp_path: Path) -> None:
    command, _, flags = tools(cpu)
    for name, model in ALONE.items():
        compiled(model, ["-fsyntax-only", *flags], tmp_path / name, command=command)


def compiled(
    model: Model, flags: Sequence[str], folder: Path, arithmetic: str = "xnnpack", command: Sequence[str] = ()
) -> None:
    source = written(folder, emitted(model, arithmetic, inputs_for(model, 1)))
    run = [*(command or compiler()), *STRICT, *flags, "-c", str(source / "model.c"), "-o", str(folder / "model.o")]
    subprocess.run(run, check=True)


@settings(max_examples=300, deadline=None)
@given(st.floats(2.0**-60, 0.9, allow_subnormal=False), st.lists(st.integers(-(1 << 31), (1 << 31) - 1), min_size=1))
def test_a_scale_in_32_bits_gives_what_64_do(scale: float, some: list[int]) -> None:
    multiplier, shift = fixed.wide_multiplier(*fixed.quantize_multiplier([scale]))
    found = _in_32_bits(multiplier, shift)
    if found is None:
        assert scale > 0.249, "ordinary scales fit"
        return
    (moved, right), ends = found, [(1 << 31) - 1, -(1 << 31), round(0.5 / scale) % (1 << 31)]
    sums = np.asarray([*some, *ends, *(end - 1 for end in ends[::2])], np.int64)
    assert moved.max() < 1 << 31
    assert right.max() < 1 << 5
    wanted = (sums * multiplier + (np.int64(1) << (shift - 1))) >> shift
    np.testing.assert_array_equal((((sums * moved) >> 32 >> right) + 1) >> 1, wanted)


PROGRAM = """
#include "double.h"
#include <stdio.h>
int main(void)
{
    struct { int64_t sum; double scale; } pair;
    while (fread(&pair, sizeof pair, 1, stdin) == 1)
        printf("%d\\n", (int)ep_double_scaled(pair.sum, pair.scale, -32768, 32767));
    return 0;
}
"""


@needs_compiler
def test_integers_round_as_doubles_do(tmp_path: Path) -> None:
    """Products next to a half on both sides, as near as doubles come, and sums of up to 53 bits."""
    rng = np.random.default_rng(0)
    sums = np.concatenate([rng.integers(1, 1 << bits, 4000) for bits in (4, 16, 31, 32, 40, 52)])
    halves = rng.integers(0, 40000, len(sums)) + 0.5
    scales = halves / sums
    for _ in range(3):
        scales = np.concatenate([scales, np.nextafter(scales[-len(sums) :], rng.choice([0, 1e9], len(sums)))])
    pairs = np.zeros(len(scales), [("sum", "<i8"), ("scale", "<f8")])
    pairs["sum"] = np.resize(sums, len(scales)) * rng.choice([-1, 1], len(scales))
    pairs["scale"] = scales
    wanted = np.clip(fixed.half_away(pairs["sum"] * pairs["scale"]), -32768, 32767)
    (tmp_path / "main.c").write_text(PROGRAM, encoding="utf-8")
    kernels = data_dir("templates") / "c/kernels"
    for flags in ([], ["-DEDGEPACK_NO_DOUBLES"]):
        program = tmp_path / f"program{len(flags)}"
        command = [*compiler(), *STRICT, "-O1", *flags, f"-I{kernels}", str(tmp_path / "main.c"), "-o", str(program)]
        subprocess.run(command, check=True)
        done = subprocess.run([str(program)], input=pairs.tobytes(), capture_output=True, check=True)
        np.testing.assert_array_equal(np.asarray(done.stdout.split(), np.int64), wanted)
