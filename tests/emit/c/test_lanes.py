"""Pools and reductions by lanes of channels: where lanes end, where sums outgrow 16 bits, whatever the CPU."""

from pathlib import Path

import pytest
from emit.c import test_threads
from emit.c.making import SANITIZED, STRICT, check, emitted, together
from emit.c.test_foreign import tools
from emit.c.test_int16 import widened
from emit.c.test_kernels import flags_of, pooled, reduced
from ops.judging import inputs_for, judge

from packager.ir import Activation, DType, Model, Padding
from packager.measure.c import compiler
from packager.ops import ARITHMETICS

needs_compiler = pytest.mark.skipif(not compiler(), reason="no C compiler is here")

POOLS = ("AVERAGE_POOL_2D", "MAX_POOL_2D")
CHANNELS = (1, 15, 16, 17, 32, 33, 40)
SAME = {8: (0.05, 3), 16: (0.001, 0)}
LARGE = {
    # 256 numbers of int8 still fit 16 bits.
    **{f"{op}-{n}": pooled(op, (1, *n, 19), n, (1, 1), Padding.VALID) for op in POOLS for n in ((257, 1), (20, 21))},
    "border": pooled(POOLS[0], (1, 20, 20, 17), (17, 17), (3, 3), Padding.SAME),
}
WHOLE = {
    f"{op}-{n}": pooled(op, (1, 5, 6, n), (2, 3), (2, 1), Padding.SAME, Activation.RELU)
    for op in POOLS
    for n in CHANNELS
    if n >= 16
}
WINDOWS = {
    f"{op}-{n}": pooled(op, (1, *n, 18), n, (1, 1), Padding.VALID)
    for op in POOLS
    for n in ((1, 1), (1, 2), (3, 1), (7, 7), (15, 17), (16, 16), (256, 1))
}
NARROW = {f"{op}-{n}": pooled(op, (2, 7, 5, n), (3, 3), (2, 2), Padding.SAME) for op in POOLS for n in CHANNELS}


def narrow_scaled(op: str, shape: tuple[int, ...], axes: tuple[int, ...], bits: int = 8) -> Model:
    fits = op.startswith("REDUCE")
    to = SAME[bits] if fits else {8: (0.02, -5), 16: (0.0003, 0)}[bits]
    return reduced(op, shape, axes, dtype=DType.INT8 if bits == 8 else DType.INT16, x=SAME[bits], y=to)


def reductions(bits: int) -> dict[str, Model]:
    shapes = [((2, 3, 5, n), (1, 2)) for n in CHANNELS] + [((3, 2, 17), (1,)), ((1, 5, 1, 24), (1,))]
    counts = [((1, n, 16), (1,)) for n in (1, 255, 256, 257, 1000)]
    kinds = ("MEAN", "REDUCE_MAX", "REDUCE_MIN", *(("SUM",) if bits == 8 else ()))
    cases = [(op, *case) for op in kinds for case in shapes] + [("MEAN", *case) for case in counts]
    return {f"{op}-{shape}": narrow_scaled(op, shape, axes, bits) for op, shape, axes in cases}


def wide(models: dict[str, Model]) -> dict[str, Model]:
    return {name: widened(model) for name, model in models.items()}


TABLES: dict[str, dict[str, Model]] = {
    "pools": {**NARROW, **WINDOWS},
    "whole": WHOLE,
    "large": LARGE,
    "reductions": reductions(8),
    "pools-16": wide({**NARROW, **WINDOWS}),
    "large-16": wide(LARGE),
    "reductions-16": reductions(16),
}


def macros(table: str) -> set[str]:
    model = together(TABLES[table])
    text = next(e.content.decode() for e in emitted(model, "integer", inputs_for(model, 1)) if "/model.c" in e.path)
    return {line for line in text.splitlines() if line.startswith("#define EP_POOL")}


@pytest.mark.parametrize("table", TABLES)
def test_the_interpreter_gives_litert_its_integers(table: str) -> None:
    for name, model in TABLES[table].items():
        judged = ("xnnpack",) if name.startswith("SUM") else ARITHMETICS  # the reference kernel reads int8 as uint8
        judge(model, arithmetics=judged, count=3)


def test_what_no_layer_has_is_not_compiled() -> None:
    assert macros("whole") == {"#define EP_POOL_LARGE 0", "#define EP_POOL_NARROW 0"}
    assert macros("pools") == {"#define EP_POOL_LARGE 0", "#define EP_POOL_NARROW 1"}
    assert macros("large") == {"#define EP_POOL_LARGE 1", "#define EP_POOL_NARROW 0"}


@needs_compiler
@pytest.mark.parametrize("arithmetic", ARITHMETICS)
@pytest.mark.parametrize("table", TABLES)
def test_the_same_integers_at_every_edge(table: str, arithmetic: str, tmp_path: Path) -> None:
    check(together(TABLES[table]), arithmetic, tmp_path, flags=(*STRICT, "-O2", flags_of("native")))


@needs_compiler
@pytest.mark.slow
@pytest.mark.parametrize("flags", [("-O3",), ("-O3", "-DEDGEPACK_PORTABLE")], ids=["none", "portable"])
@pytest.mark.parametrize("table", TABLES)
def test_the_same_integers_without_flags(table: str, flags: tuple[str, ...], tmp_path: Path) -> None:
    check(together(TABLES[table]), "xnnpack", tmp_path, flags=(*STRICT, *flags))


@needs_compiler
@pytest.mark.slow
@pytest.mark.parametrize("table", TABLES)
def test_nothing_undefined(table: str, tmp_path: Path) -> None:
    check(together(TABLES[table]), "integer", tmp_path, flags=(*SANITIZED, flags_of("native")))


@pytest.mark.slow
@pytest.mark.parametrize("cpu", ["neon", "armv7", "dsp", "armv6"])
def test_the_same_integers_on_other_cpus(cpu: str, tmp_path: Path) -> None:
    command, emulator, flags = tools(cpu)
    for large in (True, False):
        tables = [table for table in TABLES if table.startswith("large") == large]
        model = together({f"{table}-{n}": m for table in tables for n, m in TABLES[table].items()})
        folder = tmp_path / f"large-{large}"
        check(model, "xnnpack", folder, flags=(*flags, "-O2"), command=command, emulator=emulator)


@needs_compiler
@pytest.mark.parametrize("table", ["pools", "pools-16"])
def test_rows_of_a_pool_in_parts(table: str, tmp_path: Path) -> None:
    test_threads.check("xnnpack", tmp_path, test_threads.OWN, *STRICT, "-O1", model=together(TABLES[table]))
