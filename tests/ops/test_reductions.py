"""MEAN, SUM, REDUCE_MAX and REDUCE_MIN against LiteRT."""

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ops.judging import judge, plain, unary

from packager.ir import DType

SHAPE = (1, 7, 5, 6)
AXES: list[tuple[int, ...]] = [(1, 2), (2, 1), (1,), (3,), (-1,), (2, 3), (1, 2, 3)]


def arguments(axes: tuple[int, ...], *, keep: bool) -> dict[str, Any]:
    gone = {axis % 4 for axis in axes}
    out = tuple(1 if i in gone else size for i, size in enumerate(SHAPE) if keep or i not in gone)
    return {
        "shape": SHAPE,
        "out_shape": out,
        "consts": [np.asarray(axes, np.int32)],
        "options": "ReducerOptions",
        "keep_dims": keep,
    }


@pytest.mark.parametrize(("axes", "keep"), list(itertools.product(AXES, [True, False])))
@pytest.mark.parametrize("scales", [((0.05, 3), (0.05, 3)), ((0.05, -128), (0.013, 127))])
def test_mean(axes: tuple[int, ...], scales: tuple[tuple[float, int], tuple[float, int]], *, keep: bool) -> None:
    judge(unary("MEAN", x=scales[0], y=scales[1], **arguments(axes, keep=keep)))
    judge(plain("MEAN", **arguments(axes, keep=keep)))


@pytest.mark.parametrize("axes", AXES)
def test_mean_of_int16(axes: tuple[int, ...]) -> None:
    judge(unary("MEAN", dtype=DType.INT16, x=(0.001, 0), y=(0.0005, 0), **arguments(axes, keep=True)))


@pytest.mark.parametrize("axes", AXES)
def test_sum(axes: tuple[int, ...]) -> None:
    judge(unary("SUM", x=(0.05, 3), y=(0.4, -5), **arguments(axes, keep=True)), arithmetics=("xnnpack",))
    judge(plain("SUM", **arguments(axes, keep=True)))


@pytest.mark.parametrize("op", ["REDUCE_MAX", "REDUCE_MIN"])
@pytest.mark.parametrize("axes", AXES)
def test_extremes(op: str, axes: tuple[int, ...]) -> None:
    judge(unary(op, x=(0.05, 3), y=(0.05, 3), **arguments(axes, keep=False)))
    judge(plain(op, **arguments(axes, keep=False)))


@settings(max_examples=40, deadline=None)
@given(
    axes=st.sampled_from(AXES),
    x=st.tuples(st.floats(0.01, 0.5), st.integers(-128, 127)),
    y=st.tuples(st.floats(0.01, 0.5), st.integers(-128, 127)),
)
def test_mean_of_any_scale(axes: tuple[int, ...], x: tuple[float, int], y: tuple[float, int]) -> None:
    judge(unary("MEAN", x=x, y=y, **arguments(axes, keep=True)), count=4)
