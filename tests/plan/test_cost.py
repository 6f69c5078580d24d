"""Costs: counted by hand for small graphs, and equal to the published figures for MLPerf Tiny."""

import numpy as np
import pytest
from reference import reference

from packager.errors import Severity
from packager.ir import DType, GraphBuilder, Model, QuantParams, read_tflite
from packager.plan.cost import cost_of

Q = QuantParams(scale=(0.1,), zero_point=(0,))


def convolutions(*, shared: bool = False) -> Model:
    """A 3x3 convolution of 4 to 8 channels on 6x6, then two of 1x1 that may share their filter."""
    b = GraphBuilder()
    x = b.input("x", (1, 6, 6, 4), DType.INT8, Q)
    wide = b.const(np.ones((8, 3, 3, 4), np.int8), "wide", Q)
    bias = b.const(np.zeros(8, np.int32), "bias", Q)

    def conv(source: int, filter_: int) -> int:
        inputs = [source, filter_, bias]
        shape = (1, 6, 6, 8)
        return b.op(
            "CONV_2D", inputs, shape, options="Conv2DOptions", stride_h=1, stride_w=1, dtype=DType.INT8, quant=Q
        )

    first = np.ones((8, 1, 1, 8), np.int8)
    point = b.const(first, "point", Q)
    again = b.const(first if shared else first.copy(), "again", Q)
    t = conv(conv(conv(x, wide), point), again)
    shape = b.const(np.array([1, 288], np.int32), "shape")
    return b.model([b.op("RESHAPE", [t, shape], (1, 288), dtype=DType.INT8, quant=Q)])


def test_operators_by_hand() -> None:
    cost = cost_of(convolutions())
    assert [op.kind for op in cost.ops] == ["conv", "pointwise", "pointwise", "move"]
    assert [op.macs for op in cost.ops] == [36 * 8 * 36, 36 * 64, 36 * 64, 0]
    assert [op.params for op in cost.ops] == [288 + 8, 64, 64, 0]
    assert [op.constant_bytes for op in cost.ops] == [288 + 32, 64, 64, 8]
    assert cost.ops[0].moved_bytes == 144 + 288 + 288 + 32
    assert not cost.unknown
    assert not cost.diagnostics()


def test_a_shared_buffer_counts_once_but_moves_twice() -> None:
    apart, shared = cost_of(convolutions()), cost_of(convolutions(shared=True))
    assert shared.constant_bytes == apart.constant_bytes - 64
    assert shared.params == apart.params - 64
    assert shared.ops[2].moved_bytes == apart.ops[2].moved_bytes


def test_an_unknown_operator_is_named() -> None:
    b = GraphBuilder()
    x = b.input("x", (4,))
    cost = cost_of(b.model([b.op("NO_SUCH_OPERATOR", [x], (4,))]))
    assert cost.unknown == ("NO_SUCH_OPERATOR",)
    (finding,) = cost.diagnostics()
    assert finding.severity is Severity.WARNING
    assert "NO_SUCH_OPERATOR" in finding.message
    assert "NO_SUCH_OPERATOR not counted" in cost.figures()[0].source


@pytest.mark.parametrize(
    ("name", "millions"),
    # Banbury et al., MLPerf Tiny Benchmark (2021) and the mlcommons/tiny repository give these to two digits.
    [("kws_ref_model", 2.7), ("pretrainedResnet_quant", 12.5), ("vww_96_int8", 7.5), ("ad01_int8", 0.264)],
)
def test_mlperf_models_have_their_published_macs(name: str, millions: float) -> None:
    cost = cost_of(read_tflite(reference(f"mlperf-tiny/{name}.tflite")))
    assert cost.macs / 1e6 == pytest.approx(millions, rel=0.02)
    assert not cost.unknown


def test_totals_are_the_figures() -> None:
    cost = cost_of(convolutions())
    values = {f.name: f.value for f in cost.figures()}
    assert values == {
        "compute.macs": cost.macs,
        "compute.params": cost.params,
        "weights.bytes": sum(op.constant_bytes for op in cost.ops),
    }
