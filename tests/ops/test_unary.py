"""Elementwise operators of one input against LiteRT, over every 8-bit integer."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ops.judging import Array, judge, plain, quant, unary

from packager.ir import DType, GraphBuilder

EVERY = np.arange(-128, 128, dtype=np.int8).reshape(1, 256)
PAIRS = [
    ((0.05, 3), (0.04, -5)),
    ((0.05, -128), (0.05, -128)),
    ((0.01, 127), (0.3, 127)),
    ((0.2, 0), (0.02, 0)),
    ((0.1, 10), (0.0007, -128)),
    ((1.7, -3), (0.9, 4)),
]
CLAMPS = ("RELU", "RELU6", "RELU_N1_TO_1")
OPTIONS = {"LEAKY_RELU": "LeakyReluOptions", "HARD_SWISH": "HardSwishOptions"}


def every(*, dtype: DType = DType.INT8) -> list[Array]:
    if dtype is DType.INT16:
        return [np.arange(-32768, 32768, dtype=np.int16).reshape(1, -1)]
    return [EVERY.view(np.uint8) if dtype is DType.UINT8 else EVERY]


@pytest.mark.parametrize("op", [*CLAMPS, "HARD_SWISH"])
@pytest.mark.parametrize(("x", "y"), PAIRS)
def test_int8(op: str, x: tuple[float, int], y: tuple[float, int]) -> None:
    if op == "HARD_SWISH":
        y = (max(y[0], x[0] / 120), y[1])  # LiteRT refuses an output scale under a 128th of the input's
    judge(unary(op, (1, 256), x=x, y=y, options=OPTIONS.get(op, "")), every())


@pytest.mark.parametrize("alpha", [0.1, 0.3, 1.5, 0.001])
@pytest.mark.parametrize(("x", "y"), PAIRS)
def test_leaky_relu(alpha: float, x: tuple[float, int], y: tuple[float, int]) -> None:
    judge(unary("LEAKY_RELU", (1, 256), x=x, y=y, options="LeakyReluOptions", alpha=alpha), every())


@pytest.mark.parametrize("op", ["RELU", "RELU6", "LEAKY_RELU"])
@pytest.mark.parametrize("scales", [(0.0003, 0.0002), (0.0002, 0.0002)])
def test_int16(op: str, scales: tuple[float, float]) -> None:
    attrs: dict[str, Any] = {"alpha": 0.2} if op == "LEAKY_RELU" else {}
    model = unary(
        op,
        (1, 65536),
        dtype=DType.INT16,
        x=(scales[0], 0),
        y=(scales[1], 0),
        options=OPTIONS.get(op, ""),
        **attrs,
    )
    judge(model, every(dtype=DType.INT16))


@pytest.mark.parametrize("scale", [0.005, 0.03, 0.1, 0.5, 4.0])
@pytest.mark.parametrize("zero_point", [-128, 0, 17, 127])
def test_logistic_and_tanh(scale: float, zero_point: int) -> None:
    judge(unary("LOGISTIC", (1, 256), x=(scale, zero_point), y=(1 / 256, -128)), every())
    judge(unary("TANH", (1, 256), x=(scale, zero_point), y=(1 / 128, 0)), every())


@pytest.mark.parametrize("op", ["LOGISTIC", "TANH"])
@pytest.mark.parametrize("scale", [2.0**-12, 2.0**-11, 0.0003, 0.0001, 0.002])
def test_logistic_and_tanh_of_int16(op: str, scale: float) -> None:
    model = unary(op, (1, 65536), dtype=DType.INT16, x=(scale, 0), y=(1 / 32768, 0))
    judge(model, every(dtype=DType.INT16), arithmetics=("integer",))
    # LiteRT's optimized kernels for power-of-two scales are their own; the operators say so.
    judge(model, every(dtype=DType.INT16), arithmetics=("xnnpack",), within=12 if scale in (2.0**-12, 2.0**-11) else 0)


@pytest.mark.parametrize("op", [*CLAMPS, "HARD_SWISH", "LEAKY_RELU", "LOGISTIC", "TANH"])
def test_float32(op: str) -> None:
    attrs: dict[str, Any] = {"alpha": 0.2} if op == "LEAKY_RELU" else {}
    x = np.linspace(-9, 9, 500, dtype=np.float32)
    judge(plain(op, (1, 500), options=OPTIONS.get(op, ""), **attrs), [x[None]])


@settings(max_examples=60, deadline=None)
@given(
    op=st.sampled_from(["RELU", "LEAKY_RELU", "HARD_SWISH", "TANH", "QUANTIZE"]),
    x=st.tuples(st.floats(0.002, 0.5), st.integers(-128, 127)),
    y=st.tuples(st.floats(0.004, 0.5), st.integers(-128, 127)),
    alpha=st.floats(0.01, 0.9),
)
def test_any_scale(op: str, x: tuple[float, int], y: tuple[float, int], alpha: float) -> None:
    attrs: dict[str, Any] = {"alpha": alpha} if op == "LEAKY_RELU" else {}
    judge(unary(op, (1, 256), x=x, y=y, options=OPTIONS.get(op, ""), **attrs), every())


@pytest.mark.parametrize(("x", "y"), PAIRS)
def test_prelu(x: tuple[float, int], y: tuple[float, int]) -> None:
    rng = np.random.default_rng(0)
    for alpha_shape in [(8,), (1, 1, 8), (4, 1, 8)]:
        b = GraphBuilder()
        first = b.input("x", (1, 4, 8, 8), DType.INT8, quant(*x))
        alpha = b.const(rng.integers(-128, 128, alpha_shape).astype(np.int8), "alpha", quant(0.01, 9))
        out = b.op("PRELU", [first, alpha], (1, 4, 8, 8), dtype=DType.INT8, quant=quant(*y))
        judge(b.model([out]))


def test_prelu_of_float32() -> None:
    b = GraphBuilder()
    first = b.input("x", (1, 4, 8))
    alpha = b.const(np.linspace(-1, 1, 8, dtype=np.float32), "alpha")
    judge(b.model([b.op("PRELU", [first, alpha], (1, 4, 8))]))
