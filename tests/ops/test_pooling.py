"""AVERAGE_POOL_2D and MAX_POOL_2D against LiteRT."""

import itertools
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ops.judging import judge, plain, unary

from packager.ir import Activation, DType, Model, Padding

OPS = ("AVERAGE_POOL_2D", "MAX_POOL_2D")
CASES = [
    ((1, 8, 8, 3), (2, 2), (2, 2), Padding.VALID),
    ((1, 7, 5, 3), (3, 2), (2, 1), Padding.SAME),
    ((1, 7, 5, 3), (7, 5), (1, 1), Padding.VALID),
    ((1, 25, 5, 64), (25, 5), (25, 5), Padding.VALID),
    ((1, 4, 4, 2), (1, 1), (3, 3), Padding.SAME),
    ((1, 5, 5, 2), (2, 2), (3, 3), Padding.VALID),
    ((1, 3, 3, 2), (5, 5), (1, 1), Padding.SAME),
    ((2, 4, 6, 2), (2, 3), (2, 3), Padding.VALID),
]


def pool(
    op: str,
    shape: tuple[int, ...],
    size: tuple[int, int],
    stride: tuple[int, int],
    padding: Padding,
    *,
    dtype: DType = DType.INT8,
    zero_point: int = 5,
    activation: Activation = Activation.NONE,
) -> Model:
    spatial = [
        -(-n // s) if padding is Padding.SAME else (n - k) // s + 1
        for n, k, s in zip(shape[1:3], size, stride, strict=True)
    ]
    attrs: dict[str, Any] = {
        "filter_height": size[0],
        "filter_width": size[1],
        "stride_h": stride[0],
        "stride_w": stride[1],
        "padding": padding,
        "fused_activation_function": activation,
    }
    out = (shape[0], *spatial, shape[3])
    if dtype.is_float:
        return plain(op, shape, out, options="Pool2DOptions", **attrs)
    both = (0.03, zero_point)
    return unary(op, shape, out, dtype=dtype, x=both, y=both, options="Pool2DOptions", **attrs)


@pytest.mark.parametrize(("op", "case", "zero_point"), list(itertools.product(OPS, CASES, [5, -128, 127])))
def test_int8(
    op: str, case: tuple[tuple[int, ...], tuple[int, int], tuple[int, int], Padding], zero_point: int
) -> None:
    judge(pool(op, *case, zero_point=zero_point))


@pytest.mark.parametrize(("op", "case"), list(itertools.product(OPS, CASES)))
def test_float32(op: str, case: tuple[tuple[int, ...], tuple[int, int], tuple[int, int], Padding]) -> None:
    judge(pool(op, *case, dtype=DType.FLOAT32))


@pytest.mark.parametrize(("op", "case"), list(itertools.product(OPS, CASES)))
def test_int16(op: str, case: tuple[tuple[int, ...], tuple[int, int], tuple[int, int], Padding]) -> None:
    judge(pool(op, *case, dtype=DType.INT16, zero_point=0))


@pytest.mark.parametrize("op", OPS)
@pytest.mark.parametrize("activation", [Activation.RELU, Activation.RELU6, Activation.RELU_N1_TO_1])
def test_fused_activation(op: str, activation: Activation) -> None:
    judge(pool(op, *CASES[0], activation=activation))
    judge(pool(op, *CASES[0], dtype=DType.FLOAT32, activation=activation))


@settings(max_examples=40, deadline=None)
@given(
    op=st.sampled_from(OPS),
    size=st.tuples(st.integers(3, 9), st.integers(3, 9)),
    depth=st.integers(1, 5),
    kernel=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    stride=st.tuples(st.integers(1, 4), st.integers(1, 4)),
    padding=st.sampled_from(list(Padding)),
)
def test_any_shape(
    op: str,
    size: tuple[int, int],
    depth: int,
    kernel: tuple[int, int],
    stride: tuple[int, int],
    padding: Padding,
) -> None:
    judge(pool(op, (1, *size, depth), kernel, stride, padding), count=3)
