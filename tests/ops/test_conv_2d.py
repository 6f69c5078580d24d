"""CONV_2D against LiteRT."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ops.convolving import Case, convolution
from ops.judging import judge

from packager.ir import Activation, DType, Padding
from packager.ops import call_of, find_op

CASES = {
    "ordinary": Case(),
    "pointwise": Case(kernel=(1, 1)),
    "pointwise-strided": Case(kernel=(1, 1), stride=(2, 2)),
    "stride-over-kernel": Case(kernel=(2, 2), stride=(3, 3)),
    "valid": Case(padding=Padding.VALID),
    "odd": Case(shape=(1, 7, 5, 3), kernel=(4, 2), stride=(2, 1)),
    "kernel-over-input": Case(shape=(1, 3, 2, 4), kernel=(5, 5)),
    "dilated": Case(shape=(1, 11, 12, 4), dilation=(2, 3)),
    "dilated-valid": Case(shape=(1, 11, 12, 4), dilation=(2, 2), padding=Padding.VALID),
    "one-channel": Case(shape=(1, 12, 10, 1), kernel=(10, 4), channels=3, stride=(2, 2)),
    "grouped": Case(shape=(1, 6, 6, 8), channels=12, groups=4),
    "batch": Case(shape=(3, 5, 5, 2)),
    "per-tensor": Case(per_channel=False),
    "relu": Case(activation=Activation.RELU),
    "relu6": Case(activation=Activation.RELU6, scales=(0.05, 0.03)),
    "relu-n1-to-1": Case(activation=Activation.RELU_N1_TO_1),
    "zero-points-low": Case(zeros=(-128, -128)),
    "zero-points-high": Case(zeros=(127, 127)),
    "saturating": Case(scales=(0.5, 0.01), weight_scale=0.05),
    "tiny-multiplier": Case(weight_scale=1e-6),
    "flushed-multiplier": Case(weight_scale=1e-12),
    "scale-over-one": Case(scales=(1.0, 0.2), weight_scale=0.3),
    "deep": Case(shape=(1, 4, 4, 300), channels=3),
}


@pytest.mark.parametrize("name", CASES)
def test_int8(name: str) -> None:
    judge(convolution(CASES[name]))


@pytest.mark.parametrize("name", ["ordinary", "dilated-valid", "odd", "relu6", "grouped"])
def test_float32(name: str) -> None:
    judge(convolution(dataclasses.replace(CASES[name], dtype=DType.FLOAT32)))


@pytest.mark.parametrize("bias_dtype", [DType.INT64, DType.INT32])
@pytest.mark.parametrize("name", ["ordinary", "pointwise-strided", "valid", "relu", "dilated"])
def test_int16(name: str, bias_dtype: DType) -> None:
    case = CASES[name]
    judge(
        convolution(
            dataclasses.replace(case, dtype=DType.INT16, zeros=(0, 0), scales=(0.0002, 0.0004), bias_dtype=bias_dtype)
        )
    )


@settings(max_examples=40, deadline=None)
@given(
    size=st.tuples(st.integers(1, 9), st.integers(1, 9)),
    depth=st.integers(1, 6),
    kernel=st.tuples(st.integers(1, 4), st.integers(1, 4)),
    stride=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    channels=st.integers(1, 6),
    zeros=st.tuples(st.integers(-128, 127), st.integers(-128, 127)),
    scale=st.floats(0.001, 0.5),
    activation=st.sampled_from([Activation.NONE, Activation.RELU, Activation.RELU6]),
)
def test_any_shape(
    size: tuple[int, int],
    depth: int,
    kernel: tuple[int, int],
    stride: tuple[int, int],
    channels: int,
    zeros: tuple[int, int],
    scale: float,
    activation: Activation,
) -> None:
    case = Case(
        shape=(1, *size, depth),
        kernel=kernel,
        stride=stride,
        channels=channels,
        zeros=zeros,
        scales=(0.05, scale),
        activation=activation,
    )
    judge(convolution(case), count=3)


def test_macs_and_kind() -> None:
    op = find_op("CONV_2D")
    assert op is not None
    graph = convolution(Case(shape=(1, 8, 8, 4), kernel=(3, 3), channels=6, stride=(2, 2))).main
    call = call_of(graph, graph.nodes[0])
    assert op.macs(call) == 4 * 4 * 6 * 3 * 3 * 4
    assert op.kind_of(call) == "conv"
    graph = convolution(Case(kernel=(1, 1))).main
    assert op.kind_of(call_of(graph, graph.nodes[0])) == "pointwise"


def test_macs_of_a_grouped_convolution_count_its_own_channels() -> None:
    op = find_op("CONV_2D")
    assert op is not None
    graph = convolution(CASES["grouped"]).main
    assert op.macs(call_of(graph, graph.nodes[0])) == 6 * 6 * 12 * 3 * 3 * 2


def test_accumulators_wrap_as_an_int32_register() -> None:
    case = Case(shape=(1, 1, 1, 3), kernel=(1, 1), channels=2, weight_scale=1e-7)
    model = convolution(case)
    bias = np.asarray([2**31 - 1, -(2**31)], np.int32)
    tensors = list(model.main.tensors)
    index = model.main.nodes[0].inputs[2]
    tensors[index] = type(tensors[index])(name="b", type=tensors[index].type, data=bias)
    graph = type(model.main)(
        tensors=tuple(tensors), nodes=model.main.nodes, inputs=model.main.inputs, outputs=model.main.outputs
    )
    judge(model.with_main(graph), arithmetics=("integer",))
