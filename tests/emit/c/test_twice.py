"""Fixed-point scaling where all scales are under a half: by fewer instructions, the same integers."""

import subprocess
from pathlib import Path

import numpy as np
import pytest
from emit.c.making import SANITIZED, STRICT, check, emitted, together
from emit.c.test_foreign import CPUS, tools
from ops.convolving import Case, convolution, dense, depthwise
from ops.judging import binary, inputs_for

from packager.data import data_dir
from packager.ir import Activation, Model, Padding
from packager.measure.c import compiler
from packager.ops import _fixed_point as fixed

needs_compiler = pytest.mark.skipif(not compiler(), reason="no C compiler is here")

LAYERS = {
    **{f"slide-{n}": depthwise(Case(shape=(2, 7, 6, n), channels=n)) for n in (1, 3, 4, 15, 16, 17, 33)},
    "inner": depthwise(Case(shape=(1, 6, 9, 12), padding=Padding.VALID, stride=(1, 2))),
    "even": depthwise(Case(shape=(1, 6, 9, 8), kernel=(2, 2), channels=8)),
    "tall": depthwise(Case(shape=(1, 9, 4, 8), kernel=(4, 1), channels=8, dilation=(2, 1))),
    "one": depthwise(Case(shape=(1, 3, 4, 8), kernel=(1, 1), channels=8)),
    "window": convolution(Case(shape=(1, 5, 6, 7), channels=19)),
    "pointwise": convolution(Case(shape=(1, 5, 3, 20), kernel=(1, 1), channels=33)),
    "alike": convolution(Case(shape=(1, 5, 3, 20), channels=40, per_channel=False)),
}
MODELS = {
    "down": together(LAYERS),
    "clamped": together(
        {**LAYERS, "relu": convolution(Case(activation=Activation.RELU)), "dense": dense(Case(shape=(3, 20)))}
    ),
    "up": together({**LAYERS, "large": convolution(Case(weight_scale=0.9, scales=(0.5, 0.02)))}),
    "product": binary("MUL", ((1, 300), (1, 300)), options="MulOptions", scales=(0.9, 0.9, 0.01)),
}
FACTS = {"down": "0 0", "clamped": "1 0", "up": "0 1", "product": "0 1"}


def source(model: Model) -> str:
    return next(e.content.decode() for e in emitted(model, "integer", inputs_for(model, 1)) if "/model.c" in e.path)


@pytest.mark.parametrize("name", MODELS)
def test_what_scales_may_leave_out_is_said(name: str) -> None:
    clamps, up = FACTS[name].split()
    assert f"#define EP_CLAMPS {clamps}\n" in source(MODELS[name])
    assert f"#define EP_SCALES_UP {up}\n" in source(MODELS[name])


@needs_compiler
@pytest.mark.parametrize("vectors", ["-DEDGEPACK_PORTABLE", ""])
@pytest.mark.parametrize("name", MODELS)
def test_the_same_integers(name: str, vectors: str, tmp_path: Path) -> None:
    check(MODELS[name], "integer", tmp_path, flags=(*STRICT, "-O1", *filter(None, [vectors])))


@needs_compiler
@pytest.mark.slow
def test_nothing_undefined(tmp_path: Path) -> None:
    check(MODELS["down"], "integer", tmp_path, flags=(*SANITIZED, "-DEDGEPACK_PORTABLE"))


@pytest.mark.slow
@pytest.mark.parametrize("cpu", ["dsp", "armv6"])
@pytest.mark.parametrize("name", MODELS)
def test_the_same_integers_with_a_cortex_ms_instructions(name: str, cpu: str, tmp_path: Path) -> None:
    command, emulator, flags = tools(cpu)
    check(MODELS[name], "integer", tmp_path, flags=(*flags, "-Os"), command=command, emulator=emulator)
    dump = [f"{CPUS[cpu][0]}-objdump", "-d", str(tmp_path / "model")]
    listed = subprocess.run(dump, check=True, capture_output=True, encoding="utf-8").stdout
    assert ("smmulr" in listed, "\tssat\t" in listed) == (name in {"down", "clamped"}, name == "down")


PROGRAM = """
#include "requantize.h"
#include <stdio.h>
int main(void)
{
    struct { int32_t sum, multiplier, shift; } of;
    while (fread(&of, sizeof of, 1, stdin) == 1) {
        const int8_t shift = (int8_t)of.shift;
        ep_requantize r;
        int8_t out;
        memset(&r, 0, sizeof r);
        r.rule = ep_rule_twice, r.multiplier = &of.multiplier, r.shift = &shift;
        r.zero_point = 3, r.low = -128, r.high = 127;
        ep_requantize_run(&r, 0, 1, &of.sum, &out);
        printf("%d\\n", (int)out);
    }
    return 0;
}
"""


@pytest.mark.slow
@pytest.mark.parametrize("cpu", ["", "dsp"])
def test_halves_are_rounded_away_from_zero(cpu: str, tmp_path: Path) -> None:
    """Next to every half that a shift can leave, on both sides, and at the ends."""
    if not cpu and not compiler():
        pytest.skip("no C compiler is here")
    command, emulator, flags = tools(cpu) if cpu else ([*compiler()], [], STRICT)
    rng = np.random.default_rng(0)
    found = []
    for shift in range(-31, 0):
        multiplier = np.concatenate([[1 << 30, (1 << 31) - 1], rng.integers(1 << 30, 1 << 31, 60)])
        halves = (rng.integers(0, 140, (len(multiplier), 8)) + 0.5) * 2.0 ** (31 - shift) / multiplier[:, None]
        near = np.rint(halves[:, :, None] + np.arange(-2, 3)).reshape(len(multiplier), -1)
        sums = np.concatenate([near, rng.integers(0, 1 << 30, (len(multiplier), 8))], axis=1)
        sums = np.minimum(sums, (1 << 30) - 1) * rng.choice([-1, 1], sums.shape)
        both = np.broadcast_arrays(sums, multiplier[:, None], shift)
        found.append(np.stack([part.reshape(-1) for part in both], axis=1))
    table = np.concatenate(found).astype(np.int32)
    wanted = np.clip(fixed.multiply(*table.T.astype(np.int64)) + 3, -128, 127)
    (tmp_path / "main.c").write_text(PROGRAM, encoding="utf-8")
    more = ["-O2", "-DEP_TWICE=1", "-DEP_SCALES_UP=0", "-DEP_CLAMPS=0", f"-I{data_dir('templates') / 'c/kernels'}"]
    program = tmp_path / "program"
    subprocess.run([*command, *flags, *more, str(tmp_path / "main.c"), "-o", str(program)], check=True)
    done = subprocess.run([*emulator, str(program)], input=table.tobytes(), capture_output=True, check=True)
    np.testing.assert_array_equal(np.asarray(done.stdout.split(), np.int64), wanted)
