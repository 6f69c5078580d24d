"""Real functions of one and two variables against LiteRT."""

import numpy as np
import pytest
from ops.judging import binary, judge, plain, unary

from packager.interp import reference
from packager.ir import DType

EVERY = np.arange(-128, 128, dtype=np.int8)[None]
ANY_SIGN = ("ABS", "NEG", "EXP", "SQUARE", "FLOOR", "SIN", "COS")
OPTIMIZED_ONLY = ("CEIL", "ELU")
"""LiteRT's reference resolver has no kernel for these."""
OPTIMIZED = "BUILTIN_WITHOUT_DEFAULT_DELEGATES"
POSITIVE = ("LOG", "SQRT", "RSQRT")


@pytest.mark.parametrize("op", ANY_SIGN)
def test_float32(op: str) -> None:
    judge(plain(op, (1, 501)), [np.linspace(-6, 6, 501, dtype=np.float32)[None]])


@pytest.mark.parametrize("op", OPTIMIZED_ONLY)
def test_float32_without_a_reference_kernel(op: str) -> None:
    x = [np.linspace(-6, 6, 501, dtype=np.float32)[None]]
    judge(plain(op, (1, 501)), x, arithmetics=("xnnpack",))
    judge(plain(op, (1, 501)), x, arithmetics=("integer",), resolver=OPTIMIZED)


@pytest.mark.parametrize("op", POSITIVE)
def test_float32_of_positive_numbers(op: str) -> None:
    judge(plain(op, (1, 500)), [np.linspace(0.01, 60, 500, dtype=np.float32)[None]])


@pytest.mark.parametrize("x", [(0.05, 3), (0.02, -128), (0.1, 100)])
def test_tables(x: tuple[float, int]) -> None:
    elu = unary("ELU", (1, 256), x=x, y=(0.03, -20))
    judge(elu, [EVERY], arithmetics=("xnnpack",))
    judge(elu, [EVERY], arithmetics=("integer",), resolver=OPTIMIZED)
    judge(unary("EXP", (1, 256), x=x, y=(0.03, -128)), [EVERY])
    for y in ((0.03, -20), x, (0.001, 127)):
        judge(unary("LOG", (1, 256), x=x, y=y), [EVERY])
        judge(unary("ABS", (1, 256), x=x, y=y), [EVERY])
        judge(unary("NEG", (1, 256), x=x, y=y), [EVERY])
    for approximate in (False, True):
        model = unary("GELU", (1, 256), x=x, y=(0.03, -20), options="GeluOptions", approximate=approximate)
        judge(model, [EVERY])


@pytest.mark.parametrize("x", [(0.05, -128), (0.01, 3), (0.3, -100), (0.02, 100)])
@pytest.mark.parametrize("y", [(0.03, -20), (0.008, -128), (0.1, 60)])
def test_roots_of_integers(x: tuple[float, int], y: tuple[float, int]) -> None:
    """Of what is not under zero, which LiteRT refuses."""
    values = np.arange(x[1], 128, dtype=np.int8)[None]
    for op in ("SQRT", "RSQRT"):
        judge(unary(op, values.shape, x=x, y=y), [values])


@pytest.mark.parametrize("depth", [1, 2, 5, 100, 5000])
def test_lengths_of_integers(depth: int) -> None:
    for zero in (-128, 3, 127):
        judge(unary("L2_NORMALIZATION", (1, 2, depth), x=(0.05, zero), y=(1 / 128, 0), options="L2NormOptions"))


@pytest.mark.parametrize("scales", [(0.05, 0.03, 0.07), (0.02, 0.2, 0.9), (0.09, 0.09, 0.05)])
def test_squared_differences_of_integers(scales: tuple[float, float, float]) -> None:
    for zeros in ((3, -7, 11), (-128, 127, -128), (0, 0, 127)):
        shapes = ((1, 4, 5, 6), (1, 1, 5, 6))
        judge(binary("SQUARED_DIFFERENCE", shapes, scales=scales, zeros=zeros, options="SquaredDifferenceOptions"))


PAIRS = [np.asarray(side, np.int8).reshape(1, -1) for side in np.meshgrid(range(-128, 128), range(-128, 128))]


@pytest.mark.parametrize("scales", [(0.05, 0.03, 0.02), (0.01, 0.2, 0.0004), (0.9, 0.002, 0.5)])
@pytest.mark.parametrize("zeros", [(3, -128, 11), (-128, 127, -128), (0, 5, 127)])
def test_quotients_of_all_integers(scales: tuple[float, float, float], zeros: tuple[int, int, int]) -> None:
    """But of those that are divided by zero, at which LiteRT stops."""
    keep = PAIRS[1][0] != zeros[1]
    a, b = (side[:, keep] for side in PAIRS)
    judge(binary("DIV", (a.shape, b.shape), scales=scales, zeros=zeros, options="DivOptions"), [a, b])


@pytest.mark.parametrize("scales", [(0.05, 0.03, 0.07), (0.01, 0.5, 0.9), (1.0, 1.0, 1.0)])
def test_small_quotients_are_right_where_litert_shifts_too_far(scales: tuple[float, float, float]) -> None:
    zeros = (3, -7, 11)
    a, b = PAIRS
    model = binary("DIV", (a.shape, b.shape), scales=scales, zeros=zeros, options="DivOptions")
    (found,) = reference.run(model, [a, b], "integer")
    x, y = (side.astype(np.float64) - zero for side, zero in zip((a, b), zeros, strict=False))
    with np.errstate(divide="ignore", invalid="ignore"):
        real = np.nan_to_num(x / y, nan=0.0, posinf=1e6, neginf=-1e6) * scales[0] / scales[1] / scales[2] + zeros[2]
    assert np.abs(found - np.clip(real, -128, 127)).max() <= 0.5 + 1e-4


@pytest.mark.parametrize("scale", [0.004, 0.05, 0.3, 3.0])
@pytest.mark.parametrize("depth", [1, 7, 1000])
def test_log_softmax_of_integers(scale: float, depth: int) -> None:
    for zero in (-128, 3, 127):
        model = unary("LOG_SOFTMAX", (1, 3, depth), x=(scale, zero), y=(1 / 16, 127), options="LogSoftmaxOptions")
        judge(model, count=10)


def test_clamps_to_one() -> None:
    every = np.arange(-128, 128, dtype=np.int8)[None]
    for x, y in (((0.05, 3), (0.04, -5)), ((0.02, -128), (1 / 255, -128)), ((0.1, 0), (0.001, 100))):
        judge(unary("RELU_0_TO_1", (1, 256), x=x, y=y), [every])
    judge(plain("RELU_0_TO_1", (1, 9)))


@pytest.mark.parametrize("approximate", [False, True])
def test_gelu_of_float32(*, approximate: bool) -> None:
    x = np.linspace(-6, 6, 501, dtype=np.float32)[None]
    judge(plain("GELU", (1, 501), options="GeluOptions", approximate=approximate), [x])


@pytest.mark.parametrize("op", ["DIV", "SQUARED_DIFFERENCE", "POW"])
def test_two_variables(op: str) -> None:
    shapes = ((1, 4, 6), (1, 1, 6))
    model = binary(op, shapes, dtype=DType.FLOAT32, options={"DIV": "DivOptions"}.get(op, ""))
    rng = np.random.default_rng(0)
    judge(model, [rng.uniform(0.5, 2, (3, *shape[1:])).astype(np.float32) for shape in shapes])


@pytest.mark.parametrize("op", ["LOG_SOFTMAX", "L2_NORMALIZATION"])
def test_rows(op: str) -> None:
    judge(plain(op, (1, 5, 7), options={"LOG_SOFTMAX": "LogSoftmaxOptions"}.get(op, "L2NormOptions")))
