"""What a model's layers have not is not compiled, and numbers that repeat are stored once; the integers stay."""

import dataclasses
import subprocess
from pathlib import Path

import numpy as np
import pytest
from emit.c import test_threads
from emit.c.making import STRICT, check, emitted, together, written
from emit.c.test_foreign import tools
from hypothesis import given, settings
from hypothesis import strategies as st
from ops.convolving import Case, convolution, dense, depthwise
from ops.judging import inputs_for, unary

from packager.data import data_dir
from packager.emit.c import ANY
from packager.emit.c.softmax import _exponentials
from packager.ir import Model, Padding
from packager.measure.c import compiler
from packager.ops import ARITHMETICS

needs_compiler = pytest.mark.skipif(not compiler(), reason="no C compiler is here")

COLUMN = convolution(Case(shape=(1, 21, 10, 1), kernel=(10, 4), stride=(2, 2), channels=32))
ODD = convolution(Case(shape=(1, 1, 9, 32), kernel=(1, 1), channels=16))
EVEN = convolution(Case(shape=(1, 24, 10, 1), kernel=(10, 4), stride=(2, 2), channels=32))
TILES = convolution(Case(shape=(1, 4, 3, 32), kernel=(1, 1), channels=16))
WINDOW = convolution(Case(shape=(1, 7, 8, 16), channels=32))
ALIKE = dense(Case(shape=(1, 256), channels=128, per_channel=False))
MODELS = {
    "keywords": together({"column": COLUMN, "slide": depthwise(Case(shape=(1, 7, 5, 16))), "odd": ODD}),
    "even": together({"column": EVEN, "tiles": TILES}),
    "pair": dense(Case(shape=(3, 16), channels=32)),
    "window": WINDOW,
    "valid": convolution(Case(shape=(1, 7, 8, 16), channels=16, padding=Padding.VALID)),
    "two-quads": convolution(Case(shape=(1, 3, 5, 8), kernel=(1, 1), channels=16)),
    "three-quads": convolution(Case(shape=(1, 3, 5, 12), kernel=(1, 1), channels=17)),
    "vectors": dense(Case(shape=(9, 48), channels=32)),
    "vector": dense(Case(shape=(1, 52), channels=21)),
    "alike": ALIKE,
    "alike-many": dense(Case(shape=(5, 64), channels=48, per_channel=False)),
    "both": together({"alike": ALIKE, "window": WINDOW}),
    "multiplied": depthwise(Case(shape=(1, 6, 5, 4), multiplier=3)),
    "ends": depthwise(Case(shape=(1, 6, 5, 9), stride=(2, 2))),
}
LEFT_OUT = {
    "keywords": "BORDERS CHUNK_ENDS EDGES MULTIPLIES ONE_SCALE QUADS_1 ROWS SPREAD",
    "even": "BORDERS EDGES ONE_SCALE QUADS_1 ROWS SPREAD TWOS",
    "pair": "EDGES ONE_SCALE QUADS_1 QUADS_2 ROWS",
    "window": "EDGES ONE_SCALE QUADS_1 QUADS_2 SPREAD TWOS",
    "valid": "BORDERS EDGES ONE_SCALE PATCHED QUADS_1 QUADS_2 SPREAD TWOS",
    "two-quads": "BORDERS EDGES ONE_SCALE PATCHED QUADS_1 ROWS SPREAD TWOS",
    "three-quads": "BORDERS ONE_SCALE PATCHED ROWS SPREAD TWOS",
    "vectors": "EDGES ONE_SCALE QUADS_1 QUADS_2 ROWS TWOS",
    "vector": "EDGES ONE_SCALE QUADS_2 ROWS TOGETHER TWOS",
    "alike": "EDGES OWN_SCALES QUADS_1 QUADS_2 ROWS TOGETHER TWOS",
    "alike-many": "EDGES OWN_SCALES QUADS_1 QUADS_2 ROWS TWOS",
    "both": "EDGES QUADS_1 QUADS_2 SPREAD TWOS",
    "multiplied": "ONE_SCALE",
    "ends": "MULTIPLIES ONE_SCALE",
}


def macros(model: Model) -> dict[str, int]:
    source = next(e.content.decode() for e in emitted(model, "xnnpack", inputs_for(model, 1)) if "model.c" in e.path)
    lines = (line.split() for line in source.splitlines() if line.startswith("#define EP_"))
    return {name.removeprefix("EP_"): int(value) for _, name, value in lines}


@pytest.mark.parametrize("name", MODELS)
def test_what_a_model_has_not_is_left_out(name: str) -> None:
    assert " ".join(sorted(macro for macro, value in macros(MODELS[name]).items() if value == 0)) == LEFT_OUT[name]


def test_rows_that_leave_quads_are_counted_with_the_vectors_that_come_at_once() -> None:
    """Patches come by four, so that tiles of six have no code for what their rows leave; pixels in place by the row."""
    assert [macros(MODELS[name])["QUADS_2"] for name in ("even", "two-quads", "vector")] == [4, 15, 0]
    assert macros(MODELS["vector"])["QUADS_1"] == 1


@needs_compiler
@pytest.mark.parametrize("arithmetic", ARITHMETICS)
@pytest.mark.parametrize("vectors", ["-march=native", "-DEDGEPACK_PORTABLE"])
def test_the_same_integers_where_all_channels_have_one_scale(arithmetic: str, vectors: str, tmp_path: Path) -> None:
    """In a model that has no others, and in one that has."""
    narrow = depthwise(Case(shape=(1, 6, 5, 8), per_channel=False))
    for name, model in (
        ("alone", MODELS["alike-many"]),
        ("both", together({"both": MODELS["both"], "narrow": narrow})),
    ):
        check(model, arithmetic, tmp_path / name, flags=(*STRICT, "-O1", vectors))


@pytest.mark.slow
@pytest.mark.parametrize("cpu", ["neon", "dotprod"])
def test_the_same_integers_with_the_least_of_a_kernel(cpu: str, tmp_path: Path) -> None:
    command, emulator, flags = tools(cpu)
    for name in ("keywords", "even", "pair", "window", "valid", "three-quads", "vectors", "both", "ends"):
        check(MODELS[name], "xnnpack", tmp_path / name, flags=(*flags, "-O1"), command=command, emulator=emulator)
    folder = tmp_path / "integer"
    check(MODELS["both"], "integer", folder, flags=(*flags, "-O1"), command=command, emulator=emulator)


@pytest.mark.slow
@pytest.mark.parametrize("cpu", ["neon", "dotprod"])
def test_parts_of_what_is_lean(cpu: str, tmp_path: Path) -> None:
    """A part may be read in place where the whole is gathered."""
    command, emulator, flags = tools(cpu)
    for name in ("keywords", "even", "window", "three-quads", "both", "ends"):
        test_threads.check(
            "xnnpack", tmp_path / name, test_threads.OWN, *flags, "-O1", model=MODELS[name], command=command,
            emulator=emulator,
        )  # fmt: skip


def test_one_scale_is_stored_once_where_that_is_less_than_the_code_to_tell() -> None:
    few = together({"few": dense(Case(shape=(1, 16), channels=16, per_channel=False)), "window": WINDOW})
    assert macros(few)["ONE_SCALE"] == 0
    assert macros(MODELS["both"])["ONE_SCALE"] == 1
    inputs = inputs_for(ALIKE, 1)
    sizes = [
        len(next(e.content for e in emitted(ALIKE, "xnnpack", inputs, target) if e.path.endswith("weights.bin")))
        for target in (dataclasses.replace(ANY, one_scale=False), ANY)
    ]
    assert sizes[0] - sizes[1] == 4 * 128


def softmax(rows: int, scale: float) -> Model:
    return unary("SOFTMAX", (rows, 2), x=(scale, 127), y=(1 / 256, -128), options="SoftmaxOptions", beta=1.0)


PROGRAM = """
#include <stdio.h>
#include "softmax.h"
static const double parts[] = {%s};
static const float steps[] = {%s};
int main(void)
{
    for (int s = 0; s < %d; s++) {
        ep_softmax one = {0};
        one.parts = parts + 32 * s;
        one.step = steps[s];
        for (int i = 0; i < 256; i++)
            printf("%%a\\n", (double)ep_softmax_of_parts(&one, i));
    }
    return 0;
}
"""


@needs_compiler
@pytest.mark.parametrize("contract", ["off", "fast"])
def test_exponentials_of_two_factors_are_the_table_to_the_bit(contract: str, tmp_path: Path) -> None:
    """Whether sums are fused or not."""
    steps = [np.float32(-s) for s in (1e-4, 0.01, 0.05, 0.1, 0.1953125, 0.3, 0.47, 1.1, 7.3)]
    found = [_exponentials(step, 1) for step in steps]
    assert all(form == "parts" and ctype == "double" for form, ctype, _ in found)
    numbers = ", ".join(float(v).hex() for _, _, values in found for v in values)
    source = tmp_path / "all.c"
    source.write_text(PROGRAM % (numbers, ", ".join(f"{float(s).hex()}f" for s in steps), len(steps)), "utf-8")
    flags = [
        *STRICT,
        "-Wno-unused-function",
        "-O2",
        f"-ffp-contract={contract}",
        "-march=native",
        "-DEP_SOFTMAX_PARTS=1",
    ]
    program = tmp_path / "all"
    folder = data_dir("templates") / "c/kernels"
    subprocess.run([*compiler(), *flags, f"-I{folder}", str(source), "-o", str(program)], check=True)
    lines = subprocess.run([str(program)], check=True, capture_output=True, encoding="utf-8").stdout.split()
    for k, step in enumerate(steps):
        _, ctype, table = _exponentials(step, 256)
        assert ctype == "float"
        printed = [float.fromhex(line) for line in lines[256 * k : 256 * (k + 1)]]
        np.testing.assert_array_equal(np.asarray(printed, np.float32), table)


@given(step=st.floats(2**-20, 20, width=32))
@settings(max_examples=50, deadline=None)
def test_exponentials_are_parts_only_where_no_rounding_can_show(step: float) -> None:
    form, _, values = _exponentials(np.float32(-step), 1)
    if form == "table":
        assert len(values) == 256
        return
    exponents = np.float32(-step) * np.arange(256, dtype=np.float32)
    moved = exponents.astype(np.float64) - float(np.float32(-step)) * np.arange(256)
    near = values[np.arange(256) % 16] * values[16 + np.arange(256) // 16] * (1 + moved + moved * moved / 2)
    np.testing.assert_array_equal(near.astype(np.float32), np.exp(exponents.astype(np.float64)).astype(np.float32))


def test_many_exponentials_and_cpus_without_doubles_keep_the_table() -> None:
    few, many = softmax(10, 0.1), softmax(200, 0.1)
    assert macros(few).keys() >= {"SOFTMAX_PARTS"}
    assert macros(many).keys() >= {"SOFTMAX_TABLE"}
    without = emitted(few, "xnnpack", inputs_for(few, 1), dataclasses.replace(ANY, doubles=False))
    assert any("ep_softmax_table_run" in e.content.decode() for e in without if e.path.endswith("model.c"))


@needs_compiler
def test_softmax_of_parts_gives_the_same_integers(tmp_path: Path) -> None:
    model = together({f"{i}": softmax(16, scale) for i, scale in enumerate((0.004, 0.03, 0.11, 0.5))})
    source = written(tmp_path / "seen", emitted(model, "xnnpack", inputs_for(model, 1)))
    assert (source / "model.c").read_text("utf-8").count("ep_softmax_parts_run") == 4
    check(model, "xnnpack", tmp_path, inputs=inputs_for(model, 40))
