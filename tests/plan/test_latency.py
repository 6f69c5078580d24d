"""The latency estimate: its terms by hand, its band, and every profile's coefficients."""

import dataclasses

import numpy as np
import pytest
from reference import reference

from packager.config.profile import LatencyModel, Profile, load_profile, profile_names
from packager.figure import Basis
from packager.ir import ABSENT, DType, GraphBuilder, Model, QuantParams, read_tflite
from packager.plan.edgetpu_cache import CachePlan, Parameters
from packager.plan.latency import estimate_edgetpu, estimate_latency

Q = QuantParams(scale=(0.1,), zero_point=(0,))
MODEL = LatencyModel(
    runtime="a runtime",
    gmacs={"dense": 2.0},
    overhead_ms=1.0,
    op_overhead_ms=0.5,
    bandwidth_gbs=4.0,
    band=(0.5, 3.0),
    how="by hand",
)


def dense_then_relu() -> Model:
    """A layer of 1000 by 1000, then a RELU: 1 M MACs, 1,002,000 and 2,000 bytes moved."""
    b = GraphBuilder()
    x = b.input("x", (1, 1000), DType.INT8, Q)
    weights = b.const(np.zeros((1000, 1000), np.int8), quant=Q)
    t = b.op("FULLY_CONNECTED", [x, weights, ABSENT], (1, 1000), dtype=DType.INT8, quant=Q)
    return b.model([b.op("RELU", [t], (1, 1000), dtype=DType.INT8, quant=Q)])


def profile(name: str = "raspberrypi-4", known: LatencyModel = MODEL) -> Profile:
    return dataclasses.replace(load_profile(name), latency=known, power_w=5.0)


def test_the_terms_add_up() -> None:
    estimate = estimate_latency(dense_then_relu(), profile())
    assert estimate.per_op_ms[0] == pytest.approx(0.5 + 1e6 / 2.0 / 1e6 + 1_002_000 / 4.0 / 1e6)
    assert estimate.per_op_ms[1] == pytest.approx(0.5 + 2_000 / 4.0 / 1e6)
    assert estimate.total_ms == pytest.approx(1.0 + sum(estimate.per_op_ms.values()))


def test_the_figures_say_band_runtime_and_energy() -> None:
    estimate = estimate_latency(dense_then_relu(), profile())
    latency, energy = estimate.figures()
    assert (latency.name, latency.unit, latency.basis) == ("latency.p50.ms", "ms", Basis.ESTIMATED)
    assert (latency.low, latency.high) == pytest.approx((latency.value * 0.5, latency.value * 3.0))
    assert latency.source == "a runtime on Raspberry Pi 4 Model B; by hand"
    assert energy.name == "energy.mj"
    assert energy.value == pytest.approx(5.0 * latency.value)
    assert latency.worst == latency.high


def test_no_power_no_energy() -> None:
    without = dataclasses.replace(profile(), power_w=None)
    assert [f.name for f in estimate_latency(dense_then_relu(), without).figures()] == ["latency.p50.ms"]


def test_the_edge_tpu_adds_streaming_output_and_the_hosts_operators() -> None:
    model, coral = dense_then_relu(), profile("coral-usb", dataclasses.replace(MODEL, host="raspberrypi-4"))
    tpu = coral.edgetpu
    assert tpu is not None
    cache = CachePlan(parameters={0: Parameters(bytes=2**20, cached=False)}, available_bytes=0)
    estimate = estimate_edgetpu(model, coral, {0}, cache)
    alone = estimate_latency(model, coral).per_op_ms[0]
    host = estimate_latency(model, load_profile("raspberrypi-4")).per_op_ms[1]
    assert estimate is not None
    streamed, fetched = 1 / tpu.stream_mib_per_ms, 1000 / 1024 * tpu.output_ms_per_kib
    assert estimate.per_op_ms == {0: pytest.approx(alone + streamed + fetched), 1: pytest.approx(host)}
    assert estimate.overhead_ms == tpu.overhead_ms


def test_cached_parameters_cost_nothing() -> None:
    model, coral = dense_then_relu(), profile("coral-usb")
    kept = CachePlan(parameters={0: Parameters(bytes=2**20, cached=True)}, available_bytes=2**23)
    estimate = estimate_edgetpu(model, coral, {0, 1}, kept)
    assert estimate is not None
    assert estimate.per_op_ms[0] == pytest.approx(estimate_latency(model, coral).per_op_ms[0])


def test_without_coefficients_there_is_no_estimate() -> None:
    bare = dataclasses.replace(load_profile("coral-usb"), latency=None)
    assert estimate_edgetpu(dense_then_relu(), bare, set(), CachePlan(parameters={}, available_bytes=0)) is None


@pytest.mark.parametrize("name", [n for n in profile_names() if load_profile(n).latency is not None])
def test_every_profile_estimates_a_real_network(name: str) -> None:
    known = load_profile(name).latency
    assert known is not None
    low, high = known.band
    assert 0 < low < 1 < high
    assert known.runtime
    assert known.how
    assert not known.host or load_profile(known.host).latency is not None
    estimate = estimate_latency(read_tflite(reference("mlperf-tiny/vww_96_int8.tflite")), load_profile(name))
    assert 0.01 < estimate.total_ms < 100


def test_faster_boards_are_faster() -> None:
    model = read_tflite(reference("mlperf-tiny/pretrainedResnet_quant.tflite"))
    boards = ("raspberrypi-zero-2w", "raspberrypi-3b-plus", "raspberrypi-4", "raspberrypi-5")
    times = [estimate_latency(model, load_profile(b)).total_ms for b in boards]
    assert times == sorted(times, reverse=True)


def test_every_board_but_fpga_microcontrollers_and_those_without_published_latencies_has_coefficients() -> None:
    without = {n for n in profile_names() if load_profile(n).latency is None}
    assert {load_profile(n).family for n in without} == {"fpga", "microcontroller", "raspberrypi"}
    computers = {n for n in without if load_profile(n).family == "raspberrypi"}
    assert computers == {"host", "raspberrypi-3-32bit", "raspberrypi-zero", "riscv64"}


def test_another_engine_has_a_wider_band_and_says_so() -> None:
    known = dataclasses.replace(MODEL, others={"c": (0.5, 4.0)}, others_how="by hand too")
    (mine, _), (own, _) = (
        estimate_latency(dense_then_relu(), profile(known=known), e).figures() for e in ("c", "litert")
    )
    assert mine.value == own.value
    assert (mine.low, mine.high) == pytest.approx((own.value * 0.25, own.value * 12.0))
    assert mine.source == f"not for 'c', 0.5 to 4 of it, but {own.source}; 'c': by hand too"


def test_every_board_that_c_leads_says_what_its_estimate_is_worth_for_c() -> None:
    for name in profile_names():
        found = load_profile(name)
        if found.engine == "c" and found.latency is not None:
            least, most = found.latency.others["c"]
            assert 0 < least < 1 < most, name
            assert found.latency.others_how, name
