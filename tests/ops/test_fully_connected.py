"""FULLY_CONNECTED against LiteRT."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ops.convolving import Case, dense
from ops.judging import inputs_for, judge, quant

from packager.ir import Activation, DType, GraphBuilder
from packager.ops import call_of, find_op

CASES = {
    "ordinary": Case(shape=(1, 30), per_channel=False),
    "per-channel": Case(shape=(1, 30), channels=40),
    "batch": Case(shape=(4, 30), per_channel=False),
    "one-unit": Case(shape=(1, 17), channels=1, per_channel=False),
    "flattened": Case(shape=(1, 3, 4, 5), per_channel=False),
    "no-bias": Case(shape=(1, 30), per_channel=False, bias=False),
    "relu": Case(shape=(1, 30), per_channel=False, activation=Activation.RELU),
    "relu6": Case(shape=(1, 30), activation=Activation.RELU6, scales=(0.05, 0.03)),
    "zero-points-low": Case(shape=(1, 30), per_channel=False, zeros=(-128, -128)),
    "zero-points-high": Case(shape=(1, 30), per_channel=False, zeros=(127, 127)),
    "saturating": Case(shape=(1, 30), scales=(0.5, 0.01), weight_scale=0.05),
    "deep": Case(shape=(1, 4000), channels=5, per_channel=False, scales=(0.05, 2.0)),
}


@pytest.mark.parametrize("name", CASES)
def test_int8(name: str) -> None:
    judge(dense(CASES[name]), count=20)


@pytest.mark.parametrize("name", ["ordinary", "batch", "no-bias", "relu6"])
def test_float32(name: str) -> None:
    judge(dense(dataclasses.replace(CASES[name], dtype=DType.FLOAT32)))


@pytest.mark.parametrize("bias_dtype", [DType.INT64, DType.INT32])
@pytest.mark.parametrize("name", ["ordinary", "per-channel", "relu"])
def test_int16(name: str, bias_dtype: DType) -> None:
    case = dataclasses.replace(
        CASES[name], dtype=DType.INT16, zeros=(0, 0), scales=(0.0002, 0.0004), bias_dtype=bias_dtype
    )
    judge(dense(case), count=20)


@pytest.mark.parametrize("said", [None, DType.INT32, DType.INT64])
@pytest.mark.parametrize("name", ["batch", "per-channel", "deep"])
def test_int16_without_a_bias(name: str, said: DType | None) -> None:
    """Its sums wrap at 32 bits or they don't, and ties go upwards or away from zero, by what the option says."""
    case = dataclasses.replace(
        CASES[name],
        dtype=DType.INT16,
        bias=False,
        bias_dtype=said,
        zeros=(0, 0),
        scales=(2.0**-10, 2.0**-3 if name == "deep" else 2.0**-8),
        weight_scale=2.0**-7,
    )
    model = dense(case)
    ends = np.where(np.asarray(model.main.tensors[1].data)[0] > 0, 32767, -32768).astype(np.int16)
    inputs = inputs_for(model, 20)
    inputs[0][3] = ends
    judge(model, inputs)


def test_dimensions_kept() -> None:
    rng = np.random.default_rng(0)
    b = GraphBuilder()
    x = b.input("x", (1, 6, 10), DType.INT8, quant(0.05, 4))
    w = b.const(rng.integers(-127, 128, (7, 10)).astype(np.int8), "w", quant(0.01))
    bias = b.const(rng.integers(-900, 900, 7).astype(np.int32), "b", quant(0.0005))
    y = b.op(
        "FULLY_CONNECTED",
        [x, w, bias],
        (1, 6, 7),
        options="FullyConnectedOptions",
        dtype=DType.INT8,
        quant=quant(0.04, -9),
        keep_num_dims=True,
        version=5,
    )
    judge(b.model([y]))


@settings(max_examples=40, deadline=None)
@given(
    depth=st.integers(1, 60),
    units=st.integers(1, 20),
    zeros=st.tuples(st.integers(-128, 127), st.integers(-128, 127)),
    scale=st.floats(0.001, 0.5),
    per_channel=st.booleans(),
)
def test_any_shape(depth: int, units: int, zeros: tuple[int, int], scale: float, *, per_channel: bool) -> None:
    case = Case(shape=(1, depth), channels=units, zeros=zeros, scales=(0.05, scale), per_channel=per_channel)
    judge(dense(case), count=5)


def test_macs_count_the_weights_once_a_row() -> None:
    op = find_op("FULLY_CONNECTED")
    assert op is not None
    graph = dense(CASES["batch"]).main
    assert op.macs(call_of(graph, graph.nodes[0])) == 4 * 30 * 7
