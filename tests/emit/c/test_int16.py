"""Kernels for int16 activations over awkward cases, held to the interpreter; and whole models of both types at once."""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from emit.c.making import SANITIZED, check, together
from emit.c.test_kernels import EDGES, int32, pooled, reduced
from emit.c.test_more_kernels import arg
from ops.convolving import Case, convolution, dense, depthwise
from ops.judging import binary, inputs_for, judge, litert, quant, unary
from ops.test_conv_2d import CASES as CONVOLUTIONS
from ops.test_depthwise_conv_2d import CASES as DEPTHWISE
from ops.test_fully_connected import CASES as DENSE
from ops.test_quantize import tied
from quantize.tiny import classifier, samples_for

from packager.config.recipe import Recipe
from packager.emit.c import unsupported
from packager.interp import reference
from packager.ir import Activation, DType, Graph, GraphBuilder, Model, Padding, Tensor
from packager.ops import ARITHMETICS
from packager.quantize import quantize_model

WORD = DType.INT16
SAME = (0.001, 0)
EVERY = (1, 8192)
Shape = tuple[int, ...]


def wide(case: Case, bias: DType | None = None) -> Case:
    return dataclasses.replace(case, dtype=WORD, zeros=(0, 0), scales=(0.0002, 0.0004), bias_dtype=bias)


def layers(make: Any, cases: dict[str, Case]) -> dict[str, Model]:
    """Each case with a bias of 64 and of 32 bits: they are scaled by different rules."""
    found = {f"{n}-64": make(wide(c)) for n, c in cases.items() if c.bias}
    return found | {f"{n}-32": make(wide(c, DType.INT32)) for n, c in cases.items() if c.bias}


def moved(op: str, shape: Shape, out: Shape, *consts: Any, **attrs: Any) -> Model:
    return unary(op, shape, out, dtype=WORD, x=SAME, y=SAME, consts=consts, **attrs)


def widened(model: Model) -> Model:
    """The same model with int16 for every int8, symmetric."""

    def change(_: int, tensor: Tensor) -> Tensor:
        if tensor.type.dtype is not DType.INT8:
            return tensor
        return dataclasses.replace(tensor, type=dataclasses.replace(tensor.type, dtype=WORD, quant=quant(*SAME)))

    graph: Graph = model.main.with_tensors(change)
    return model.with_main(graph)


def converted(kind: DType, to: DType, x: tuple[float, int] | None, y: tuple[float, int]) -> Model:
    b = GraphBuilder()
    first = b.input("x", (1, 4096), kind, None if x is None else quant(*x))
    return b.model([b.op("QUANTIZE", [first], (1, 4096), dtype=to, quant=quant(*y))])


def sums(op: str, options: str) -> dict[str, Model]:
    found = {}
    shapes = {"same": (1, 4, 5, 6), "channel": (6,), "column": (1, 4, 1, 6), "scalar": (1, 1, 1, 1)}
    for name, shape in shapes.items():
        scales = (0.0005, 0.0003, 0.0007)
        found[name] = both(op, ((1, 4, 5, 6), shape), scales, options)
    found["far"] = both(op, ((1, 300), (1, 300)), (0.5, 0.0001, 0.02), options)
    found["saturating"] = both(op, ((1, 300), (1, 300)), (0.01, 0.01, 0.0001 if op != "MUL" else 0.01), options)
    found["relu6"] = both(op, ((1, 300), (1, 300)), (0.001, 0.001, 0.001), options, Activation.RELU6)
    return found


def both(op: str, shapes: tuple[Shape, Shape], scales: Any, options: str, activation: int = 0) -> Model:
    rest: dict[str, Any] = {"fused_activation_function": activation} if options else {}
    if op in {"ADD", "SUB"}:
        rest["pot_scale_int16"] = False
    return binary(op, shapes, dtype=WORD, scales=scales, zeros=(0, 0, 0), options=options, **rest)


POOLS = {
    "same": ((1, 7, 9, 5), (3, 2), (2, 2), Padding.SAME),
    "valid": ((2, 6, 5, 19), (2, 3), (1, 1), Padding.VALID),
    "stride over kernel": ((1, 9, 9, 3), (2, 2), (4, 3), Padding.SAME),
    "one": ((1, 1, 1, 1), (1, 1), (1, 1), Padding.VALID),
}
TABLES: dict[str, dict[str, Model]] = {
    "conv_2d": layers(convolution, CONVOLUTIONS),
    "depthwise_conv_2d": {n: depthwise(wide(c)) for n, c in DEPTHWISE.items() if c.bias},
    "fully_connected": layers(dense, DENSE),
    "long": {
        "sums that wrap at 32 bits": dense(wide(Case(shape=(3, 2000), weight_scale=0.0001), DType.INT32)),
        "sums past 32 bits": dense(wide(Case(shape=(3, 2000), weight_scale=0.0001))),
        **{
            f"no-bias-{said}": dense(wide(Case(shape=(3, 2000), bias=False, weight_scale=0.0001), said))
            for said in (None, DType.INT32, DType.INT64)
        },
        "deep": convolution(wide(Case(shape=(1, 3, 3, 700), channels=3, weight_scale=0.0005))),
    },
    "add": sums("ADD", "AddOptions"),
    "sub": sums("SUB", "SubOptions"),
    "mul": sums("MUL", "MulOptions"),
    "extremes": {
        op: binary(op, ((1, 4, 5), (4, 1)), dtype=WORD, scales=(0.001,) * 3, zeros=(0, 0, 0), options=f"{name}Options")
        for op, name in (("MINIMUM", "MaximumMinimum"), ("MAXIMUM", "MaximumMinimum"))
    },
    "pools": {
        f"{op}-{n}": widened(pooled(op, *case))
        for op in ("AVERAGE_POOL_2D", "MAX_POOL_2D")
        for n, case in POOLS.items()
    }
    | {"relu6": widened(pooled("MAX_POOL_2D", (1, 6, 6, 3), (2, 2), (2, 2), Padding.VALID, Activation.RELU6))},
    "reductions": {
        "mean": reduced("MEAN", (1, 5, 6, 7), (1, 2), dtype=WORD, x=(0.001, 0), y=(0.0005, 0)),
        "mean-last": reduced("MEAN", (1, 5, 6, 7), (3,), dtype=WORD, x=(0.001, 0), y=(0.0001, 0)),
        "mean-many": reduced("MEAN", (1, 100, 100, 2), (1, 2), dtype=WORD, x=(0.001, 0), y=(0.001, 0)),
        "max": reduced("REDUCE_MAX", (1, 5, 6, 7), (2,), dtype=WORD, x=SAME, y=SAME),
        "min": reduced("REDUCE_MIN", (1, 5, 6, 7), (1, 2), dtype=WORD, x=SAME, y=SAME),
    },
    "functions": {
        **{
            f"{op}-{s}": unary(op, EVERY, dtype=WORD, x=(s, 0), y=(1 / 32768, 0))
            for op in ("LOGISTIC", "TANH")
            for s in (0.0003, 2.0**-12, 2.0**-11, 1e-6, 0.7)
        },
        **{
            f"{op}-{y}": unary(op, EVERY, dtype=WORD, x=(0.0005, 0), y=(y, 0))
            for op in ("RELU", "RELU6")
            for y in (0.0005, 0.0002, 0.002)
        },
        "leaky": unary(
            "LEAKY_RELU", EVERY, dtype=WORD, x=(0.0005, 0), y=(0.0004, 0), options="LeakyReluOptions", alpha=0.3
        ),
        "leaky-down": unary(
            "LEAKY_RELU", EVERY, dtype=WORD, x=(0.0005, 0), y=(0.0004, 0), options="LeakyReluOptions", alpha=-0.2
        ),
    },
    "softmax": {
        f"{n}-{s}": unary("SOFTMAX", (3, n), dtype=WORD, x=(s, 0), y=(1 / 32768, 0), options="SoftmaxOptions", beta=1.0)
        for n, s in ((20, 0.0003), (1, 0.01), (1000, 0.0001), (7, 1e-7))
    },
    "quantize": {
        "16-16": converted(WORD, WORD, (0.0003, 0), (0.0002, 0)),
        "8-16": converted(DType.INT8, WORD, (0.05, 3), (0.0003, 0)),
        "16-8": converted(WORD, DType.INT8, (0.0003, 0), (0.05, -128)),
        "16-8-saturating": converted(WORD, DType.INT8, (0.0003, 0), (0.01, 127)),
        "real": converted(DType.FLOAT32, WORD, None, (0.0003, 0)),
    },
    "moves": {
        "pad": moved("PAD", (1, 3, 4, 2), (1, 6, 7, 2), EDGES, options="PadOptions"),
        "transpose": moved("TRANSPOSE", (1, 3, 4, 5), (1, 5, 3, 4), int32(0, 3, 1, 2), options="TransposeOptions"),
        "slice": moved(
            "SLICE", (1, 5, 6, 4), (1, 2, 3, 4), int32(0, 1, 2, 0), int32(1, 2, 3, -1), options="SliceOptions"
        ),
        "gather": moved("GATHER", (1, 6, 4), (1, 3, 4), int32(5, 0, 5), options="GatherOptions", axis=1),
        "tile": moved("TILE", (1, 2, 3), (1, 4, 9), int32(1, 2, 3), options="TileOptions"),
    },
}


def padded_with(value: int) -> Model:
    b = GraphBuilder()
    x = b.input("x", (1, 3, 2), WORD, quant(*SAME))
    edges = b.const(np.asarray([[0, 0], [1, 1], [0, 2]], np.int32))
    fill = b.const(np.asarray(value, np.int16), "v", quant(*SAME))
    return b.model([b.op("PADV2", [x, edges, fill], (1, 5, 4), options="PadV2Options", dtype=WORD, quant=quant(*SAME))])


def ended() -> Model:
    """Real numbers at both ends of int16."""
    b = GraphBuilder()
    x = b.input("x", (1, 500))
    q = b.op("QUANTIZE", [x], (1, 500), dtype=WORD, quant=quant(0.00037))
    return b.model([b.op("DEQUANTIZE", [q], (1, 500))])


TABLES["bytes"] = {
    f"{x}-{y}": converted(x, y, (0.05, 130 if x is DType.UINT8 else -3), (0.04, 255 if y is DType.UINT8 else -128))
    for x in (DType.INT8, DType.UINT8)
    for y in (DType.INT8, DType.UINT8)
}
TABLES["bytes"] |= {f"ties-{count}": tied(DType.UINT8, DType.INT8, count, (0.01, 0.08)) for count in (1, 32, 37)}
TABLES["ends"] = {
    "real": ended(),
    "real-ties": tied(DType.FLOAT32, WORD, 37, (0, 2.0**-1)),
    "index": arg("ARG_MAX", (1, 4, 9), 2, dtype=WORD),
    "index-least": arg("ARG_MIN", (2, 7, 3), 1, DType.INT64, WORD),
}
TABLES["moves"] |= {"filled": padded_with(-12345), "filled-alike": padded_with(257)}


UNJUDGED = {
    "functions-LOGISTIC-0.000244140625": "LiteRT's optimized kernel differs from its reference",
    "functions-TANH-0.000244140625": "LiteRT's optimized kernel differs from its reference",
    "functions-TANH-0.00048828125": "LiteRT's optimized kernel differs from its reference",
    "ends-index": "LiteRT takes no int16",
    "ends-index-least": "LiteRT takes no int16",
}


@pytest.mark.parametrize("table", TABLES)
def test_the_interpreter_gives_litert_its_integers(table: str) -> None:
    for name, model in TABLES[table].items():
        if f"{table}-{name}" not in UNJUDGED:
            judge(model, arithmetics=("integer", "xnnpack"))


GROUPS = {
    "weighted": ("conv_2d", "depthwise_conv_2d", "fully_connected", "long"),
    "elementwise": ("add", "sub", "mul", "extremes", "functions", "quantize"),
    "shapes": ("pools", "reductions", "softmax", "moves", "ends", "bytes"),
}


def group(name: str) -> Model:
    return together({f"{table}-{n}": model for table in GROUPS[name] for n, model in TABLES[table].items()})


@pytest.mark.parametrize("arithmetic", ARITHMETICS)
@pytest.mark.parametrize("name", GROUPS)
def test_kernels_compute_the_interpreters_integers(name: str, arithmetic: str, tmp_path: Path) -> None:
    assert {table for tables in GROUPS.values() for table in tables} == set(TABLES)
    check(group(name), arithmetic, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("name", GROUPS)
def test_kernels_are_clean_under_sanitizers(name: str, tmp_path: Path) -> None:
    check(group(name), "xnnpack", tmp_path, flags=SANITIZED)


@pytest.mark.parametrize(("arithmetic", "resolver"), [("integer", "BUILTIN_REF"), ("xnnpack", "BUILTIN")])
def test_a_model_of_the_scheme_int16x8_gives_litert_its_integers(
    arithmetic: str, resolver: str, tmp_path: Path
) -> None:
    float_model = classifier()
    recipe = Recipe(name="w", description="", scheme="int16x8", inputs="int16", outputs="int16")
    model = quantize_model(float_model, recipe, samples_for(float_model)).model
    assert {model.main.type_of(t).dtype for t in model.main.activations()} == {WORD}
    inputs = inputs_for(model, 8)
    check(model, arithmetic, tmp_path, inputs=inputs)
    (found,) = reference.run(model, inputs, arithmetic)
    np.testing.assert_array_equal(found, litert(model, inputs, resolver)[0].reshape(found.shape))


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (binary("ADD", ((1, 4), (1, 4)), dtype=WORD, options="AddOptions", pot_scale_int16=False), "a zero point"),
        (
            unary("SOFTMAX", (1, 70000), dtype=WORD, x=SAME, y=SAME, options="SoftmaxOptions", beta=1.0),
            "70000 elements",
        ),
        (unary("LOGISTIC", (1, 4), dtype=WORD, x=(9.0, 0), y=(1 / 32768, 0)), "input is too large"),
        (unary("RELU", (1, 4), dtype=WORD, x=(1.0, 0), y=(1e-6, 0)), "more than 32 bits"),
        (both("MUL", ((1, 4), (1, 4)), (1.0, 1.0, 0.1), "MulOptions"), "more than 32 bits"),
        (convolution(dataclasses.replace(wide(Case()), scales=(0.5, 1e-7))), "more than 64 bits"),
        (dense(dataclasses.replace(wide(Case(shape=(1, 4)), DType.INT32), scales=(1e9, 1e-9))), "more than 32 bits"),
        (reduced("MEAN", (1, 200, 200, 1), (1, 2), dtype=WORD, x=SAME, y=SAME), "it adds 40000 elements"),
    ],
)
def test_what_does_not_fit_the_kernels_is_named(model: Model, message: str) -> None:
    assert message in unsupported(model, "xnnpack")[0].message
