"""Kernels beyond the common ones, over awkward cases, held to the interpreter: indices, batches of blocks, tables."""

import dataclasses
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from emit.c.making import SANITIZED, STRICT, check, emitted, together, written
from emit.c.test_emit import compiled
from emit.c.test_kernels import EVERY, int32, moved, reduced
from emit.c.test_models import CROSS
from ops.judging import binary, inputs_for, judge, quant, unary
from ops.recurrent import LSTMS, SVDFS, lstm, svdf

from packager.emit.c import unsupported
from packager.ir import Activation, DType, GraphBuilder, Model
from packager.measure.c import compiler
from packager.ops import ARITHMETICS

SAME = (0.05, 3)
FINE = (0.05, 0.03, 0.02)
"""Quotients that LiteRT need not shift by more than 31 bits."""
Shape = tuple[int, ...]


def arg(op: str, shape: Shape, axis: int, to: DType = DType.INT32, dtype: DType = DType.INT8) -> Model:
    from packager.ir._schema import code_of

    out = tuple(n for i, n in enumerate(shape) if i != axis % len(shape))
    options = "ArgMaxOptions" if op == "ARG_MAX" else "ArgMinOptions"
    b = GraphBuilder()
    x = b.input("x", shape, dtype, quant(*SAME))
    y = b.op(op, [x, b.const(np.asarray(axis, np.int32))], out, options=options, dtype=to, output_type=code_of(to))
    return b.model([y])


def blocks(op: str, shape: Shape, out: Shape, sizes: Shape, edges: tuple[Shape, Shape], **rest: Any) -> Model:
    consts = [int32(*sizes), int32(*edges[0], *edges[1]).reshape(2, 2)]
    return unary(op, shape, out, x=SAME, y=SAME, consts=consts, options=f"{_camel(op)}Options", **rest)


def _camel(op: str) -> str:
    return "".join(part.capitalize() for part in op.split("_")[:-1]) + "ND"


def products(
    a: Shape,
    b: Shape,
    out: Shape,
    *,
    scales: tuple[float, float, float] = (0.05, 0.03, 0.07),
    zeros: tuple[int, int, int] = (3, -7, 11),
    **turned: bool,
) -> Model:
    g = GraphBuilder()
    first = g.input("a", a, DType.INT8, quant(scales[0], zeros[0]))
    second = g.input("b", b, DType.INT8, quant(scales[1], zeros[1]))
    attrs: dict[str, Any] = {"adj_x": False, "adj_y": False, **turned}
    y = quant(scales[2], zeros[2])
    return g.model(
        [g.op("BATCH_MATMUL", [first, second], out, options="BatchMatMulOptions", dtype=DType.INT8, quant=y, **attrs)]
    )


def differing(shapes: tuple[Shape, Shape], **rest: Any) -> Model:
    return binary("SQUARED_DIFFERENCE", shapes, options="SquaredDifferenceOptions", **rest)


def divided(a: Shape, b: Shape, **rest: Any) -> Model:
    """Divided by a constant without a zero."""
    model = binary("DIV", (a, b), constant=1, options="DivOptions", **rest)
    t = model.main.nodes[0].inputs[1]
    zero = model.main.type_of(t).zero_point
    rng = np.random.default_rng(2)
    divisors = rng.choice([q for q in range(-128, 128) if q != zero], b).astype(np.int8)
    return model.with_main(
        model.main.with_tensors(lambda i, tensor: dataclasses.replace(tensor, data=divisors) if i == t else tensor)
    )


def chosen(op: str, condition: Shape, shapes: tuple[Shape, Shape]) -> Model:
    b = GraphBuilder()
    picks = b.const(np.random.default_rng(0).integers(0, 2, condition).astype(np.bool_))
    operands = [b.input(name, shape, DType.INT8, quant(*SAME)) for name, shape in zip("ab", shapes, strict=True)]
    out = np.broadcast_shapes(*shapes)
    options = "SelectV2Options" if op == "SELECT_V2" else "SelectOptions"
    return b.model([b.op(op, [picks, *operands], out, options=options, dtype=DType.INT8, quant=quant(*SAME))])


def updated(shape: Shape, block: Shape, start: Shape) -> Model:
    b = GraphBuilder()
    x, y = (b.input(name, dims, DType.INT8, quant(*SAME)) for name, dims in (("x", shape), ("y", block)))
    inputs, same = [x, y, b.const(int32(*start))], quant(*SAME)
    name = "DynamicUpdateSliceOptions"
    return b.model([b.op("DYNAMIC_UPDATE_SLICE", inputs, shape, options=name, dtype=DType.INT8, quant=same)])


def labelled(dtype: DType) -> Model:
    """Indices that move on: what follows an ARG_MAX."""
    model = arg("ARG_MAX", (2, 3, 5), -1, dtype)
    b = GraphBuilder(model.main)
    y = model.main.outputs[0]
    flat = b.op("RESHAPE", [y, b.const(int32(6))], (6,), options="ReshapeOptions", dtype=dtype, new_shape=(6,))
    last = b.op("SLICE", [flat, b.const(int32(4)), b.const(int32(2))], (2,), options="SliceOptions", dtype=dtype)
    return b.model([last, flat])


PRODUCTS = {
    "plain": products((1, 3, 5), (1, 5, 4), (1, 3, 4)),
    "first-turned": products((2, 5, 3), (2, 5, 4), (2, 3, 4), adj_x=True),
    "second-turned": products((2, 3, 5), (2, 4, 5), (2, 3, 4), adj_y=True),
    "both-turned": products((1, 5, 3), (1, 4, 5), (1, 3, 4), adj_x=True, adj_y=True),
    "broadcast": products((2, 3, 3, 5), (3, 5, 4), (2, 3, 3, 4)),
    "broadcast-first": products((1, 3, 5), (4, 5, 2), (4, 3, 2)),
    "one": products((1, 1, 1), (1, 1, 1), (1, 1, 1)),
    "symmetric": products((2, 3, 9), (2, 9, 40), (2, 3, 40), zeros=(3, 0, 11)),
    "symmetric-turned": products((2, 9, 13), (2, 40, 9), (2, 13, 40), zeros=(3, 0, 11), adj_x=True, adj_y=True),
    "symmetric-broadcast": products((2, 9, 13), (13, 40), (2, 9, 40), zeros=(-128, 0, -128)),
    "saturating": products((1, 3, 50), (1, 50, 4), (1, 3, 4), scales=(0.9, 0.9, 0.01), zeros=(-128, 127, 0)),
    "coarse": products((1, 3, 50), (1, 50, 4), (1, 3, 4), scales=(0.001, 0.001, 0.5), zeros=(127, -128, -128)),
}
TABLES: dict[str, dict[str, Model]] = {
    "arg": {
        "last": arg("ARG_MAX", (1, 3, 4, 7), -1),
        "middle": arg("ARG_MAX", (1, 5, 4, 3), 1),
        "wide": arg("ARG_MAX", (1, 10), 1, DType.INT64),
        "one": arg("ARG_MAX", (1, 6, 1), 2),
        "least": arg("ARG_MIN", (1, 3, 9), -1),
        "least-wide": arg("ARG_MIN", (1, 8, 3), 1, DType.INT64),
        "moved-on": labelled(DType.INT32),
        "moved-on-wide": labelled(DType.INT64),
    },
    "blocks": {
        "to-batch": blocks("SPACE_TO_BATCH_ND", (1, 4, 6, 3), (6, 2, 2, 3), (2, 3), ((0, 0), (0, 0))),
        "to-batch-padded": blocks("SPACE_TO_BATCH_ND", (1, 3, 3, 2), (4, 2, 2, 2), (2, 2), ((0, 1), (1, 0))),
        "to-batch-many": blocks("SPACE_TO_BATCH_ND", (2, 3, 5, 1), (12, 2, 3, 1), (3, 2), ((2, 1), (0, 1))),
        "to-space": blocks("BATCH_TO_SPACE_ND", (4, 2, 3, 2), (1, 4, 6, 2), (2, 2), ((0, 0), (0, 0))),
        "to-space-cropped": blocks("BATCH_TO_SPACE_ND", (4, 2, 3, 2), (1, 3, 4, 2), (2, 2), ((0, 1), (1, 1))),
    },
    "more-moves": {
        "broadcast": moved("BROADCAST_TO", (1, 1, 5), (3, 4, 5), int32(3, 4, 5), options="BroadcastToOptions"),
        "broadcast-inner": moved("BROADCAST_TO", (1, 4, 1), (1, 4, 5), int32(1, 4, 5), options="BroadcastToOptions"),
        "tile": moved("TILE", (1, 2, 3), (1, 4, 9), int32(1, 2, 3), options="TileOptions"),
    },
    "more-lookups": {
        "abs": unary("ABS", EVERY, y=(0.05, 3)),
        "abs-of-the-least": unary("ABS", EVERY, x=(0.05, 127), y=(0.07, -128)),
        "neg": unary("NEG", EVERY, y=(0.05, 3)),
        "log": unary("LOG", EVERY, x=(0.05, -120), y=(0.03, 9)),
        "exp": unary("EXP", EVERY, y=(0.5, -128), options="ExpOptions"),
        "exp-saturating": unary("EXP", EVERY, x=(0.1, -128), y=(0.01, 127), options="ExpOptions"),
        "gelu": unary("GELU", EVERY, options="GeluOptions", approximate=False),
        "gelu-by-tanh": unary("GELU", EVERY, x=(0.03, 127), y=(0.02, -128), options="GeluOptions", approximate=True),
    },
    "roots": {
        "sqrt": unary("SQRT", EVERY, x=(0.05, -128), y=(0.03, -100)),
        "sqrt-exact": unary("SQRT", EVERY, x=(0.01, -128), y=(0.008, -128)),
        "rsqrt": unary("RSQRT", EVERY, x=(0.02, -128), y=(0.05, -128)),
        "rsqrt-saturating": unary("RSQRT", EVERY, x=(0.001, -128), y=(0.02, 127)),
        **{
            f"length-{depth}-{zero}": unary(
                "L2_NORMALIZATION", (2, 3, depth), x=(0.05, zero), y=(1 / 128, 0), options="L2NormOptions"
            )
            for depth, zero in ((1, 127), (2, -3), (7, -128), (64, 3), (600, -128))
        },
    },
    "squares": {
        "same": differing(((1, 4, 5), (1, 4, 5))),
        "broadcast": differing(((1, 4, 5, 6), (1, 1, 5, 1)), zeros=(-128, 127, -128)),
        "first-broadcast": differing(((1, 1, 6), (1, 5, 6)), scales=(0.01, 0.2, 0.4)),
        "saturating": differing(((1, 40), (1, 40)), scales=(0.09, 0.08, 0.03), zeros=(127, -128, 127)),
        "coarse": differing(((1, 40), (1, 40)), scales=(0.01, 0.012, 0.9)),
    },
    "svdf": {name: svdf(case) for name, case in SVDFS.items()},
    "lstm": {name: lstm(case) for name, case in LSTMS.items()},
    "batch_matmul": PRODUCTS,
    "log_softmax": {
        f"{depth}-{zero}": unary(
            "LOG_SOFTMAX", (2, depth), x=(scale, zero), y=(1 / 16, 127), options="LogSoftmaxOptions"
        )
        for depth, scale, zero in (
            (1, 0.05, 3),
            (2, 0.9, -128),
            (12, 0.1, 127),
            (35, 0.003, 0),
            (100, 0.25, -7),
            (1000, 0.02, 60),
        )
    },
    "quotients": {
        "same": divided((1, 4, 5), (1, 4, 5), scales=FINE),
        "broadcast": divided((1, 4, 5, 6), (1, 1, 5, 1), scales=FINE, zeros=(-128, 127, -128)),
        "first-broadcast": divided((1, 1, 6), (1, 5, 6), scales=(0.01, 0.2, 0.0004), zeros=(-3, 127, -128)),
        "clamped": divided((1, 30), (1, 30), scales=FINE, fused_activation_function=Activation.RELU6),
        "saturating": divided((1, 30), (1, 1), scales=(0.5, 0.1, 0.002), zeros=(127, -128, 127)),
    },
    "small-quotients": {
        "coarse": divided((1, 60), (1, 60), scales=(0.01, 0.5, 0.9)),
        "computed": binary("DIV", ((1, 60), (1, 60)), options="DivOptions"),
    },
    "clamps": {
        "to-one": unary("RELU_0_TO_1", EVERY, x=(0.02, -7), y=(0.01, 3)),
        "to-one-exactly": unary("RELU_0_TO_1", EVERY, x=(1 / 255, -128), y=(1 / 255, -128)),
        "to-one-coarse": unary("RELU_0_TO_1", EVERY, x=(0.001, 127), y=(0.3, 0)),
    },
    "turned": {
        **{
            f"backwards{axes}": moved("REVERSE_V2", (2, 3, 4), (2, 3, 4), int32(*axes), options="ReverseV2Options")
            for axes in ((0,), (1,), (-1,), (1, 2), (0, 1, 2))
        },
        "picked": moved(
            "GATHER_ND", (2, 3, 4), (3, 4), int32(0, 1, 1, 2, 1, 0).reshape(3, 2), options="GatherNdOptions"
        ),
        "picked-rows": moved("GATHER_ND", (3, 4), (2, 1, 4), int32(2, 0).reshape(2, 1, 1), options="GatherNdOptions"),
        "picked-one": moved("GATHER_ND", (2, 3, 4), (1,), int32(1, 2, 3).reshape(1, 3), options="GatherNdOptions"),
    },
    "chosen": {
        "elements": chosen("SELECT_V2", (2, 3, 4), ((2, 3, 4), (2, 3, 4))),
        "broadcast": chosen("SELECT_V2", (3, 1), ((2, 3, 4), (1, 1, 4))),
        "columns": chosen("SELECT_V2", (1, 1, 4), ((2, 3, 4), (2, 1, 1))),
        "slices": chosen("SELECT", (5,), ((5, 3), (5, 3))),
        "same": chosen("SELECT", (5, 3), ((5, 3), (5, 3))),
        "inside": updated((2, 5, 4), (1, 2, 4), (1, 3, 0)),
        "moved-inside": updated((2, 5, 4), (2, 2, 3), (-1, 4, 7)),
    },
    "least": {
        "rows": reduced("REDUCE_MIN", (1, 5, 6, 7), (1,), x=SAME, y=SAME),
        "all": reduced("REDUCE_MIN", (1, 5, 6, 7), (1, 2, 3), x=SAME, y=SAME),
    },
}


@pytest.mark.parametrize(
    "table", [table for table in TABLES if table not in {"svdf", "lstm", "more-moves", "small-quotients"}]
)
def test_the_interpreter_gives_litert_its_integers(table: str) -> None:
    """Those left out are judged in `tests/ops`, small quotients by real numbers."""
    for model in TABLES[table].values():
        judge(model, count=12)


@pytest.mark.parametrize("arithmetic", ARITHMETICS)
@pytest.mark.parametrize("table", TABLES)
def test_kernels_compute_the_interpreters_integers(table: str, arithmetic: str, tmp_path: Path) -> None:
    check(together(TABLES[table]), arithmetic, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("table", TABLES)
def test_kernels_are_clean_under_sanitizers(table: str, tmp_path: Path) -> None:
    check(together(TABLES[table]), "xnnpack", tmp_path, flags=(*SANITIZED, "-march=native"))


def test_initialisation_forgets_what_a_stream_left(tmp_path: Path) -> None:
    main = r"""
#include "model.h"
#include <stdio.h>
#include <string.h>
static _Alignas(MODEL_ARENA_ALIGN) uint8_t arena[MODEL_ARENA_BYTES];
int main(void)
{
    static uint8_t input[MODEL_INPUT_0_BYTES], first[MODEL_OUTPUT_0_BYTES], second[MODEL_OUTPUT_0_BYTES];
    model_t m;
    memset(input, 77, sizeof input);
    memset(arena, 85, sizeof arena);
    for (int stream = 0; stream < 2; stream++) {
        if (model_init(&m, arena, sizeof arena))
            return 2;
        for (int step = 0; step < 2; step++) {
            memcpy(model_input_0(&m), input, sizeof input);
            model_invoke(&m);
            if (stream == 0)
                memcpy(step ? second : first, model_output_0(&m), sizeof first);
            else if (memcmp(step ? second : first, model_output_0(&m), sizeof first))
                return 3;
        }
    }
    return MODEL_STATE_BYTES == 18 && memcmp(first, second, sizeof first) ? 0 : 4;
}
"""
    model = lstm(LSTMS["ordinary"])
    source = written(tmp_path, emitted(model, "integer", inputs_for(model, 3)))
    subprocess.run([compiled(source, main, tmp_path, "-std=c11")], check=True)


@pytest.mark.parametrize("position", [3, 7, 12])
def test_weights_that_are_computed_are_refused(position: int) -> None:
    model = lstm(LSTMS["ordinary"])
    t = model.main.nodes[0].inputs[position]
    graph = model.main.with_tensors(lambda i, tensor: dataclasses.replace(tensor, data=None) if i == t else tensor)
    (found,) = unsupported(model.with_main(dataclasses.replace(graph, inputs=(*graph.inputs, t))), "integer")
    assert found.message == f"its input {position} is computed, not constant"


def test_what_remembers_runs_without_a_c_library(tmp_path: Path) -> None:
    """A compiler makes memmove of a memory that moves up."""
    model = svdf(SVDFS["ordinary"])
    source = written(tmp_path, emitted(model, "integer", inputs_for(model, 3)))
    flags = ["-std=c99", "-O2", "-ffreestanding", "-c"]
    for name in ("model", "support"):
        subprocess.run([*compiler(), *flags, str(source / f"{name}.c"), "-o", str(tmp_path / f"{name}.o")], check=True)
    symbols = {
        name: subprocess.run(
            ["nm", str(tmp_path / f"{name}.o")], check=True, capture_output=True, encoding="utf-8"
        ).stdout
        for name in ("model", "support")
    }
    wanted = set(re.findall(r" U (mem\w+)$", symbols["model"], re.MULTILINE))
    assert wanted <= set(re.findall(r" T (\w+)$", symbols["support"], re.MULTILINE))


@pytest.mark.slow
def test_every_kernel_on_a_small_cpu(tmp_path: Path) -> None:
    """ARMv6 without a floating-point unit, emulated: all tables here in one program."""
    cc, emulator, flags = CROSS["armv6"]
    for tool in (cc, emulator):
        if not shutil.which(tool):
            pytest.skip(f"{tool} is not here")
    model = together({f"{table}-{n}": m for table, models in TABLES.items() for n, m in models.items()})
    check(model, "integer", tmp_path, flags=(*STRICT, "-O2", "-static", *flags), command=[cc], emulator=[emulator])
