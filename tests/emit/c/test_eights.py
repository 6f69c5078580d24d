"""Operators of int16 that go element by element, eight at once: where eights end, every number, scales far apart."""

import itertools
from pathlib import Path

import numpy as np
import pytest
from emit.c.making import SANITIZED, STRICT, check, emitted, together
from emit.c.test_foreign import tools
from emit.c.test_int16 import both
from emit.c.test_kernels import flags_of
from ops.judging import Array, inputs_for, judge, quant, unary

from packager.ir import Activation, DType, GraphBuilder, Model
from packager.measure.c import compiler
from packager.ops import ARITHMETICS

needs_compiler = pytest.mark.skipif(not compiler(), reason="no C compiler is here")

COUNTS = (1, 7, 8, 9, 15, 16, 17, 33)
FINE = (0.0005, 0.0003, 0.0007)
SCALES = (3e-5, 2.0**-12, 0.0009, 1.7)
OPS = {"ADD": "AddOptions", "SUB": "SubOptions", "MUL": "MulOptions"}


def beside(op: str) -> dict[str, Model]:
    """Rows of every length; what is stretched over them or along them."""
    found = {}
    for n in COUNTS:
        for name, shape in (("same", (1, 3, 2, n)), ("channel", (n,)), ("row", (1, 3, 2, 1)), ("one", (1, 1, 1, 1))):
            found[f"{name}-{n}"] = both(op, ((1, 3, 2, n), shape), FINE, OPS[op])
            found[f"{name}-{n}-turned"] = both(op, (shape, (1, 3, 2, n)), FINE, OPS[op])
    for scales in itertools.product((0.0001, 0.003, 0.4), repeat=3):
        if op != "MUL" or scales[0] * scales[1] / scales[2] < 0.9:
            found[f"far-{scales}"] = both(op, ((1, 100), (1, 100)), scales, OPS[op])
    found["relu6"] = both(op, ((1, 50), (1, 50)), FINE, OPS[op], Activation.RELU6)
    return found


def converted(kind: DType, to: DType, x: float, y: float, zero: int = 0, count: int = 0) -> Model:
    """QUANTIZE, by default of all integers of a type."""
    shape = (1, count or 1 << kind.bits)
    zeros = [zero if t is DType.INT8 else 0 for t in (kind, to)]
    b = GraphBuilder()
    first = b.input("x", shape, kind, quant(x, zeros[0]))
    return b.model([b.op("QUANTIZE", [first], shape, dtype=to, quant=quant(y, zeros[1]))])


def apart(kind: DType, to: DType) -> dict[str, Model]:
    pairs = [(x, y) for x, y in itertools.product(SCALES, SCALES) if x / y < 10000]
    zeros = itertools.cycle((-128, 3, 127))
    return {f"{x}-{y}-{zero}": converted(kind, to, x, y, zero) for (x, y), zero in zip(pairs, zeros, strict=False)}


def leaky(alpha: float, y: float) -> Model:
    return unary(
        "LEAKY_RELU", (1, 1 << 16), dtype=WORD, x=(0.0005, 0), y=(y, 0), options="LeakyReluOptions", alpha=alpha
    )


WORD, BYTE = DType.INT16, DType.INT8
WIDTHS = {"16-16": (WORD, WORD), "16-8": (WORD, BYTE), "8-16": (BYTE, WORD)}
TABLES: dict[str, dict[str, Model]] = {
    **{op.lower(): beside(op) for op in OPS},
    **{name: apart(*types) for name, types in WIDTHS.items()},
    "counts": {f"{w}-{n}": converted(*t, 0.001, 0.0007, 0, n) for w, t in WIDTHS.items() for n in COUNTS},
    "slopes": {f"{a}-{y}": leaky(a, y) for a in (0.3, -0.2, 1.5, 0.0001) for y in (0.0005, 0.0001, 0.02)},
}


def numbers(model: Model) -> list[Array]:
    """Random ones; every number of its type where an input has as many elements."""
    found = []
    for array in inputs_for(model, 3):
        ends = np.iinfo(array.dtype)
        many = array[:1].size > ends.max - ends.min
        found.append(np.stack([np.arange(ends.min, ends.max + 1, dtype=array.dtype)] * 3) if many else array)
    return found


@pytest.mark.parametrize("table", TABLES)
def test_the_interpreter_gives_litert_its_integers(table: str) -> None:
    for model in TABLES[table].values():
        judge(model, numbers(model), arithmetics=ARITHMETICS)


def test_slopes_are_compiled_only_where_they_differ() -> None:
    for table, wanted in (("16-8", 0), ("slopes", 1)):
        model = together(TABLES[table])
        text = next(e.content.decode() for e in emitted(model, "integer", numbers(model)) if "/model.c" in e.path)
        assert f"#define EP_SLOPES {wanted}\n" in text


@needs_compiler
@pytest.mark.parametrize("table", TABLES)
def test_the_same_integers_at_every_edge(table: str, tmp_path: Path) -> None:
    model = together(TABLES[table])
    check(model, "integer", tmp_path, inputs=numbers(model), flags=(*STRICT, "-O2", flags_of("native")))


@needs_compiler
@pytest.mark.slow
def test_the_same_integers_beside_others(tmp_path: Path) -> None:
    """One slope where another layer has two."""
    model = together({f"{t}-{n}": m for t in ("16-8", "8-16", "slopes") for n, m in list(TABLES[t].items())[:5]})
    check(model, "xnnpack", tmp_path, inputs=numbers(model), flags=(*STRICT, "-O1", flags_of("native")))


@needs_compiler
@pytest.mark.slow
@pytest.mark.parametrize("flags", [("-O3",), ("-O3", "-DEDGEPACK_PORTABLE")], ids=["none", "portable"])
@pytest.mark.parametrize("table", ["add", "mul", "16-16", "counts", "slopes"])
def test_the_same_integers_without_flags(table: str, flags: tuple[str, ...], tmp_path: Path) -> None:
    model = together(TABLES[table])
    check(model, "xnnpack", tmp_path, inputs=numbers(model), flags=(*STRICT, *flags))


@needs_compiler
@pytest.mark.slow
@pytest.mark.parametrize(("table", "vectors"), [*((table, "native") for table in TABLES), ("add", ""), ("slopes", "")])
def test_nothing_undefined(table: str, vectors: str, tmp_path: Path) -> None:
    model = together(TABLES[table])
    flags = (*SANITIZED, flags_of(vectors)) if vectors else SANITIZED
    check(model, "integer", tmp_path, inputs=numbers(model), flags=flags)


@pytest.mark.slow
@pytest.mark.parametrize("cpu", ["neon", "armv7", "dsp"])
@pytest.mark.parametrize("table", ["add", "mul", "16-16", "16-8", "8-16", "counts", "slopes"])
def test_the_same_integers_on_other_cpus(table: str, cpu: str, tmp_path: Path) -> None:
    command, emulator, flags = tools(cpu)
    model = together(TABLES[table])
    check(model, "xnnpack", tmp_path, inputs=numbers(model), flags=(*flags, "-O2"), command=command, emulator=emulator)
