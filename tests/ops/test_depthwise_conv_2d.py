"""DEPTHWISE_CONV_2D against LiteRT."""

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ops.convolving import Case, depthwise
from ops.judging import judge

from packager.ir import Activation, DType, Padding
from packager.ops import call_of, find_op

CASES = {
    "ordinary": Case(),
    "pointwise": Case(kernel=(1, 1)),
    "strided": Case(stride=(2, 2)),
    "stride-over-kernel": Case(kernel=(2, 2), stride=(3, 3)),
    "valid": Case(padding=Padding.VALID),
    "odd": Case(shape=(1, 7, 5, 3), kernel=(4, 2), stride=(2, 2)),
    "kernel-over-input": Case(shape=(1, 3, 2, 4), kernel=(5, 5)),
    "dilated": Case(shape=(1, 11, 12, 4), dilation=(2, 3)),
    "multiplier": Case(multiplier=3),
    "multiplier-of-one-channel": Case(shape=(1, 9, 9, 1), multiplier=8, stride=(2, 2)),
    "per-tensor": Case(per_channel=False),
    "relu": Case(activation=Activation.RELU),
    "relu6": Case(activation=Activation.RELU6, scales=(0.05, 0.03)),
    "zero-points-low": Case(zeros=(-128, -128)),
    "zero-points-high": Case(zeros=(127, 127)),
    "saturating": Case(scales=(0.5, 0.01), weight_scale=0.05),
    "flushed-multiplier": Case(weight_scale=1e-12),
}


@pytest.mark.parametrize("name", CASES)
def test_int8(name: str) -> None:
    judge(depthwise(CASES[name]))


@pytest.mark.parametrize("name", ["ordinary", "multiplier", "dilated", "relu6"])
def test_float32(name: str) -> None:
    judge(depthwise(dataclasses.replace(CASES[name], dtype=DType.FLOAT32)))


@pytest.mark.parametrize("name", ["ordinary", "strided", "valid", "multiplier"])
def test_int16(name: str) -> None:
    judge(depthwise(dataclasses.replace(CASES[name], dtype=DType.INT16, zeros=(0, 0), scales=(0.0002, 0.0004))))


@settings(max_examples=30, deadline=None)
@given(
    size=st.tuples(st.integers(1, 9), st.integers(1, 9)),
    depth=st.integers(1, 9),
    kernel=st.tuples(st.integers(1, 5), st.integers(1, 5)),
    stride=st.integers(1, 3),
    multiplier=st.integers(1, 3),
    zeros=st.tuples(st.integers(-128, 127), st.integers(-128, 127)),
)
def test_any_shape(
    size: tuple[int, int],
    depth: int,
    kernel: tuple[int, int],
    stride: int,
    multiplier: int,
    zeros: tuple[int, int],
) -> None:
    case = Case(shape=(1, *size, depth), kernel=kernel, stride=(stride, stride), multiplier=multiplier, zeros=zeros)
    judge(depthwise(case), count=3)


def test_macs_count_one_window_an_output() -> None:
    op = find_op("DEPTHWISE_CONV_2D")
    assert op is not None
    graph = depthwise(Case(shape=(1, 8, 8, 4), multiplier=2, stride=(2, 2))).main
    call = call_of(graph, graph.nodes[0])
    assert op.macs(call) == 4 * 4 * 8 * 3 * 3
    assert op.kind_of(call) == "depthwise"
