"""MUL, MAXIMUM and MINIMUM against LiteRT; sums are in test_add."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ops.judging import binary, judge

from packager.ir import Activation, DType

ALL_PAIRS = [
    np.repeat(np.arange(-128, 128, dtype=np.int8), 256).reshape(1, 256, 256),
    np.tile(np.arange(-128, 128, dtype=np.int8), 256).reshape(1, 256, 256),
]
SHAPES = [
    ((1, 4, 5, 6), (1, 4, 5, 6)),
    ((1, 4, 5, 6), (1, 1, 1, 6)),
    ((1, 4, 5, 6), (6,)),
    ((1, 4, 1, 6), (1, 1, 5, 6)),
]


@pytest.mark.parametrize(
    ("scales", "zeros"),
    [
        ((0.05, 0.03, 0.07), (3, -7, 11)),
        ((0.05, 0.05, 0.05), (0, 0, 0)),
        ((0.5, 0.5, 0.001), (-128, 127, -128)),
        ((0.001, 0.001, 0.9), (127, -128, 127)),
    ],
)
def test_product_of_every_pair(scales: tuple[float, float, float], zeros: tuple[int, int, int]) -> None:
    shape = (1, 256, 256)
    judge(binary("MUL", (shape, shape), scales=scales, zeros=zeros, options="MulOptions"), ALL_PAIRS)


def test_product_of_scalars() -> None:
    for dtype in (DType.INT8, DType.FLOAT32):
        judge(binary("MUL", ((), ()), dtype=dtype, options="MulOptions"))


@pytest.mark.parametrize("op", ["MUL", "MAXIMUM", "MINIMUM"])
@pytest.mark.parametrize("shapes", SHAPES)
@pytest.mark.parametrize("constant", [None, 1])
@pytest.mark.parametrize("dtype", [DType.INT8, DType.FLOAT32, DType.INT16])
def test_broadcasting(
    op: str, shapes: tuple[tuple[int, ...], tuple[int, ...]], constant: int | None, dtype: DType
) -> None:
    options = {"MUL": "MulOptions"}.get(op, "MaximumMinimumOptions")
    rest: dict[str, Any] = {} if op == "MUL" else {"scales": (0.05, 0.05, 0.05), "zeros": (3, 3, 3)}
    if dtype is DType.INT16:
        rest = {"scales": (0.0002, 0.0002, 0.0002), "zeros": (0, 0, 0)}
    judge(binary(op, shapes, dtype=dtype, constant=constant, options=options, **rest))


@pytest.mark.parametrize("activation", [Activation.RELU, Activation.RELU6])
def test_fused_activation(activation: Activation) -> None:
    judge(binary("MUL", ((1, 300), (1, 300)), options="MulOptions", fused_activation_function=activation))


@settings(max_examples=40, deadline=None)
@given(
    scales=st.tuples(st.floats(0.002, 0.5), st.floats(0.002, 0.5), st.floats(0.004, 1)),
    zeros=st.tuples(*[st.integers(-128, 127)] * 3),
)
def test_any_scales(scales: tuple[float, float, float], zeros: tuple[int, int, int]) -> None:
    judge(binary("MUL", ((1, 500), (1, 500)), scales=scales, zeros=zeros, options="MulOptions"), count=4)
