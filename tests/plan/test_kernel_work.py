"""Instructions by counted kernels: both widths of every kind, the wider dearer where vectors hold fewer of it."""

import dataclasses

import numpy as np
import pytest
from emit.c.test_int16 import widened
from ops.convolving import Case, convolution, depthwise

from packager.config.profile import load_profile
from packager.ir import ABSENT, GraphBuilder, Model
from packager.plan._kernel_counts import WORK
from packager.plan.cost import cost_of
from packager.plan.kernel_work import instructions, kernels_of, kind_of, sizes_of, widening, width_of
from packager.plan.latency import estimate_costs, estimate_latency, unestimated


def pointwise(depth: int = 16, outputs: int = 32) -> Model:
    return convolution(Case(shape=(1, 8, 8, depth), channels=outputs, kernel=(1, 1)))


@pytest.mark.parametrize("kernels", sorted(WORK))
def test_every_kind_is_counted_in_both_widths(kernels: str) -> None:
    table = WORK[kernels]
    kinds = {kind for kind, _ in table}
    assert kinds >= {"ADD", "QUANTIZE", "SOFTMAX", "conv", "dense", "depthwise", "pointwise"}
    assert set(table) == {(kind, bits) for kind in kinds for bits in (8, 16)}
    assert all(min(work) >= 0 for work in table.values())
    graph = pointwise().main
    least, most = (1, 4) if kernels in {"avx2", "neon", "dotprod"} else (0.6, 1.2)
    assert least < (widening(graph, 0, kernels) or 0) < most


def test_sizes_by_hand() -> None:
    graph = convolution(Case(shape=(1, 8, 8, 4), channels=3)).main
    macs, runs, values = sizes_of(graph, 0)
    assert values == 3 * 64
    assert (macs, runs) == (values * 9 * 4, values * 9)
    work = WORK["neon"]["conv", 8]
    assert instructions(graph, 0, "neon") == work.mac * macs + work.run * runs + work.value * values + work.start
    b = GraphBuilder()
    x = b.input("x", (1, 10))
    assert sizes_of(b.model([b.op("RELU", [x], (1, 10))]).main, 0) == (0, 0, 20)


def test_kinds_and_widths() -> None:
    case = Case(shape=(1, 8, 8, 4), channels=4)
    for model, kind in ((convolution(case), "conv"), (depthwise(case), "depthwise"), (pointwise(), "pointwise")):
        assert kind_of(model.main, 0) == kind
        assert width_of(model.main, 0) == 8
        assert width_of(widened(model).main, 0) == 16


def test_what_was_not_counted_has_no_number() -> None:
    b = GraphBuilder()
    x = b.input("x", (1, 10))
    graph = b.model([b.op("COS", [x], (1, 10))]).main
    assert instructions(graph, 0, "neon") is None
    assert widening(graph, 0, "neon") is None
    assert instructions(pointwise().main, 0, "avx512") is None


def test_the_estimate_of_16_bits_is_the_c_runtimes_alone() -> None:
    board = load_profile("raspberrypi-4")
    narrow, wide = pointwise(), widened(pointwise())
    assert board.latency is not None
    assert board.cpu is not None
    assert kernels_of(board.cpu) == "neon"
    assert unestimated(narrow, board, "litert") == unestimated(wide, board, "c") == ""
    assert "1 operators compute in 16 bits" in unestimated(wide, board, "litert")
    ops = cost_of(narrow).ops
    compute = ops[0].macs / board.latency.gmacs["pointwise"] / 1e6
    slower = widening(narrow.main, 0, "neon")
    assert slower is not None
    more = estimate_latency(wide, board, "c").per_op_ms[0] - estimate_latency(narrow, board, "c").per_op_ms[0]
    assert more >= (slower - 1) * compute > 0


def test_floats_on_a_jetson_take_what_networks_timed_in_both_took() -> None:
    orin = load_profile("jetson-orin-nano")
    assert orin.latency is not None
    (op,) = cost_of(pointwise()).ops
    times = {
        name: estimate_costs([dataclasses.replace(op, type=type_)], orin, floats).total_ms
        for name, type_, floats in (
            ("int8", "int8", "float16"),
            ("half", "float", "float16"),
            ("full", "float", "float32"),
        )
    }
    start = orin.latency.op_overhead_ms
    assert (times["half"] - start) / (times["int8"] - start) == pytest.approx(orin.latency.types["float16"])
    assert (times["full"] - start) / (times["int8"] - start) == pytest.approx(orin.latency.types["float32"])
    nano = load_profile("jetson-nano")
    assert estimate_costs([dataclasses.replace(op, type="float")], nano).total_ms == pytest.approx(
        estimate_costs([op], nano).total_ms
    )


def test_floats_on_a_cpu_say_that_their_rates_are_not_known() -> None:
    b = GraphBuilder()
    x = b.input("x", (1, 10))
    weights = b.const(np.zeros((4, 10), np.float32))
    model = b.model([b.op("FULLY_CONNECTED", [x, weights, ABSENT], (1, 4))])
    source = estimate_latency(model, load_profile("raspberrypi-4"), "litert").source
    assert source.startswith("at the rates of int8 for 1 operators in float32, whose own are not known")
