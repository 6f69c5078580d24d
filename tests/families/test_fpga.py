"""The family `fpga`: what it refuses and with which numbers, what it emits, what its figures say."""

import dataclasses
import re

import numpy as np
import pytest
from emit.hls.making import Net, frames, q

from packager.config.hardware import FoldRule, Hardware
from packager.config.profile import Profile, load_profile
from packager.config.recipe import Recipe
from packager.config.samples import Samples
from packager.families import Job, family_of
from packager.figure import Basis, Place
from packager.interp import reference
from packager.ir import GraphBuilder, Model, Padding, read_tflite_bytes
from packager.quantize import Quantized


def small() -> Model:
    net = Net(seed=4)
    x = net.input((8, 8, 4), q(0.1, 3))
    y = net.conv(x, 8, (3, 3))
    y = net.pool("AVERAGE_POOL_2D", y, (8, 8), (8, 8), Padding.VALID)
    return net.model(net.softmax(net.dense(net.reshape(y, (1, 8)), 4)))


def large() -> Model:
    """A megabyte of weights: 456 block memories of 18 Kib at the least."""
    net = Net(seed=4)
    return net.model(net.dense(net.dense(net.input((1024,), q(0.1, 3)), 512), 1024))


def job(
    model: Model,
    target: str | Profile = "fpga-pynq-z2",
    *,
    arithmetic: str = "integer",
    hardware: Hardware = Hardware(),  # noqa: B008 - frozen
) -> Job:
    arrays = dict(zip(model.input_names(), frames(model, 3), strict=True)) if model.input_types()[0].quant else {}
    return Job(
        name="net",
        version="0.1.0",
        profile=load_profile(target) if isinstance(target, str) else target,
        recipe=Recipe(name="test", description="", fpga=hardware),
        arithmetic=arithmetic,
        quantized=Quantized(model=model, float_model=None, ranges={}, plan=None),
        golden=Samples(arrays=arrays),
    )


def test_a_model_that_fits_has_no_problem_and_emits_project_and_model() -> None:
    work = job(small())
    family = family_of(work.profile)
    assert not list(family.check(work))
    product = family.emit(work)
    files = {e.path: e for e in product.files}
    assert product.engine == "hls"
    assert product.artifact == "model/model.tflite"
    assert {"runtime/hls/src/top.cpp", "runtime/hls/run_hls.tcl", "runtime/hls/Makefile"} <= files.keys()
    model = read_tflite_bytes(files["model/model.tflite"].content)
    inputs = list(work.golden.arrays.values())
    assert files["runtime/hls/golden/input_0.bin"].content == inputs[0].tobytes()
    (wanted,) = reference.run(model, inputs, "integer")
    assert files["runtime/hls/golden/output_0.bin"].content == wanted.tobytes()
    assert {place for place, _ in product.placements.values()} == {Place.FPGA}
    assert set(product.placements) == set(range(len(model.main.nodes)))


def test_figures_agree_with_each_other_and_say_their_basis() -> None:
    work = job(small())
    profile = dataclasses.replace(work.profile, power_w=2.0)
    product = family_of(profile).emit(dataclasses.replace(work, profile=profile))
    figures = {f.name: f for f in product.figures}
    assert {f.basis for f in product.figures} == {Basis.ESTIMATED}
    assert all("not run" in f.source or "W of the board" in f.source for f in product.figures)
    interval, clock_khz = figures["fpga.ii"].value, 100e3
    assert figures["throughput.per_second"].value == pytest.approx(1e3 * clock_khz / interval)
    assert figures["latency.p50.ms"].value == pytest.approx(figures["fpga.cycles"].value / clock_khz)
    assert figures["energy.mj"].value == pytest.approx(2.0 * interval / clock_khz)
    assert max(product.latencies.values()) == pytest.approx(interval / clock_khz)
    for name in ("fpga.lut", "fpga.ff"):
        low, high = figures[name].low, figures[name].high
        assert low is not None
        assert high is not None
        assert low < figures[name].value < high


def test_the_upper_end_of_the_interval_counts_each_time_that_a_pipeline_drains() -> None:
    """A window drains after each of its eight rows and after those that it reads first, a matrix unit once a frame."""
    net = Net(seed=4)
    model = net.model(net.conv(net.input((8, 8, 4), q(0.1, 3)), 4, (3, 3)))
    work = job(model, hardware=Hardware(folds=(FoldRule(op="CONV_2D", pe=4, simd=1),)))
    (figure,) = (f for f in family_of(work.profile).emit(work).figures if f.name == "fpga.ii")
    rows = 2 * 8 * 4 + 8 * (8 * 9 * 4)
    assert (figure.low, figure.high) == (rows, rows + 20 * 9)


def test_without_a_known_power_there_is_no_energy() -> None:
    work = job(small())
    part = work.profile.fpga
    assert part is not None
    bare = dataclasses.replace(work.profile, power_w=None, fpga=dataclasses.replace(part, part="xc7z020clg400-2"))
    product = family_of(bare).emit(dataclasses.replace(work, profile=bare))
    assert "energy.mj" not in {f.name for f in product.figures}
    assert any("hence no energy" in d.message for d in product.diagnostics)


@pytest.mark.parametrize("name", ["pynq-z2", "arty-a7-35t", "arty-a7-100t", "ultra96", "kv260"])
def test_energy_spans_what_the_board_may_draw(name: str) -> None:
    work = dataclasses.replace(job(small()), profile=load_profile(f"fpga-{name}"))
    profile, part = work.profile, work.profile.fpga
    assert part is not None
    assert profile.power_w is not None
    figures = {f.name: f for f in family_of(profile).emit(work).figures}
    energy, interval = figures["energy.mj"], figures["fpga.ii"]
    assert energy.value == pytest.approx(profile.power_w * interval.value / (part.clock_mhz * 1e3))
    assert energy.low is not None
    assert energy.high is not None
    low, high = part.power_band_w
    assert energy.low / energy.value == pytest.approx(low / profile.power_w)
    assert energy.high / energy.value >= high / profile.power_w * 0.999
    assert low < profile.power_w < high
    assert ("no measurement of this board" in energy.source) == (name in ("arty-a7-35t", "ultra96"))


def test_each_layers_cycles_are_shown_as_a_sum() -> None:
    work = job(small(), hardware=Hardware(folds=(FoldRule(op="CONV_2D", pe=4, simd=2),)))
    reasons = [reason for _, reason in family_of(work.profile).emit(work).placements.values()]
    assert "PE 4 x SIMD 2" in reasons[0]
    assert "2304 cycles a frame in its matrix = 64 vectors x 36/2 x 8/4" in reasons[0]
    assert 64 * 36 // 2 * 8 // 4 == 2304


def test_what_binds_is_said_with_the_next_step_and_a_board_for_it() -> None:
    net = Net(seed=4)
    model = net.model(net.conv(net.input((16, 16, 64), q(0.1, 3)), 64, (3, 3)))
    work = job(model)
    note, *_ = family_of(work.profile).emit(work).diagnostics
    assert re.search(r"bind: the next faster folding, \d+ frames/s, needs \d+ of \d+", note.message)
    assert "holds it" in note.hint
    work = job(small(), hardware=Hardware(frames_per_second=500))
    (note,) = family_of(work.profile).emit(work).diagnostics
    assert "500 asked for" in note.message


@pytest.mark.parametrize(("wide", "over"), [(64, {"lut"}), (4, set())])
def test_logic_that_fits_as_estimated_and_not_at_its_bands_end_is_named(wide: int, over: set[str]) -> None:
    net = Net(seed=4)
    work = job(net.model(net.conv(net.input((16, 16, wide), q(0.1, 3)), wide, (3, 3))))
    part = work.profile.fpga
    assert part is not None
    product = family_of(work.profile).emit(work)
    highs = {kind: f.high for f in product.figures for kind in ("lut", "ff") if f.name == f"fpga.{kind}"}
    assert {kind for kind, high in highs.items() if high is not None and high > getattr(part, kind)} == over
    found = [d.message for d in product.diagnostics if "only a synthesis says" in d.message]
    assert len(found) == bool(over)
    assert all(f"{kind.upper()} estimated" in message for message in found for kind in over)


def test_a_wanted_frame_rate_is_reached_at_least_cost() -> None:
    flat_out, enough = (
        {f.name: f.value for f in family_of(w.profile).emit(w).figures}
        for w in (job(small()), job(small(), hardware=Hardware(frames_per_second=5000)))
    )
    assert 5000 <= enough["throughput.per_second"] < flat_out["throughput.per_second"]
    assert enough["fpga.dsp"] < flat_out["fpga.dsp"]
    work = job(small(), hardware=Hardware(frames_per_second=1e6))
    (found,) = family_of(work.profile).check(work)
    assert "1e+06 frames/s leave 100 cycles a frame, process run" not in found.message
    assert re.search(r"leave 100 cycles a frame, process \w+ takes at least \d+", found.message)
    assert "ask for at most" in found.hint


def test_a_recipe_folds_single_operators() -> None:
    rules = (FoldRule(op="CONV_2D", pe=2), FoldRule(name="fully", pe=1, simd=2, fabric=True))
    work = job(small(), hardware=Hardware(folds=rules, clock_mhz=50))
    product = family_of(work.profile).emit(work)
    conv, dense = product.placements[0][1], product.placements[3][1]
    assert conv.startswith("PE 2 x SIMD ")
    assert dense.startswith("PE 1 x SIMD 2 in LUTs")
    top = next(f.content.decode() for f in product.files if f.path.endswith("top.cpp"))
    assert "at 50 MHz" in top


@pytest.mark.parametrize(
    ("rule", "message", "hint"),
    [
        (
            FoldRule(op="CONV_2D", pe=5, simd=4),
            "can't be folded to op = 'CONV_2D', pe = 5, simd = 4",
            "pe may be 1, 2, 3, 4, 8; simd 1, 2, 4",
        ),
        (FoldRule(op="SOFTMAX", fabric=True), "can't be folded", "no fabric"),
        (FoldRule(name="nowhere", pe=1), "fold rule 1 (name = 'nowhere', pe = 1) matches no operator", "inspect"),
    ],
)
def test_a_fold_that_can_not_be_is_refused_with_those_that_can(rule: FoldRule, message: str, hint: str) -> None:
    work = job(small(), hardware=Hardware(folds=(rule,)))
    (found,) = family_of(work.profile).check(work)
    assert message in found.message
    assert hint in found.hint


def test_fast17_is_built_and_says_its_own_integers() -> None:
    work = job(small(), arithmetic="fast17")
    assert not list(family_of(work.profile).check(work))
    files = {e.path: e.content for e in family_of(work.profile).emit(work).files}
    (wanted,) = reference.run(small(), list(work.golden.arrays.values()), "fast17")
    assert files["runtime/hls/golden/output_0.bin"] == wanted.tobytes()


def test_weights_beyond_the_block_memory_are_refused_with_a_board_that_has_more() -> None:
    work = job(large(), "fpga-arty-a7-35t")
    (found,) = family_of(work.profile).check(work)
    assert "constants of 1.0 MiB exceed the 225.0 KiB of block memory on xc7a35t" in found.message
    assert "try fpga-zcu102" in found.hint
    assert "prune the model to 20 % of its weights" in found.hint


def test_weights_beyond_every_board_are_refused_too() -> None:
    net = Net(seed=4)
    work = job(net.model(net.dense(net.input((4096,), q(0.1, 3)), 1024)))
    (found,) = family_of(work.profile).check(work)
    assert "no shipped board does: prune the model to" in found.hint


def deep() -> Model:
    """Small layers, but too many for a small part: each is hardware of its own."""
    net = Net(seed=4)
    x = net.input((8, 8, 8), q(0.1, 3))
    for _ in range(16):
        x = net.conv(x, 8, (3, 3))
    return net.model(x)


def test_too_many_layers_are_refused_with_numbers_and_a_board_that_holds_them() -> None:
    work = job(deep(), "fpga-arty-a7-35t")
    (found,) = family_of(work.profile).check(work)
    assert "does not fit xc7a35t" in found.message
    assert "of 14560 LUT" in found.message
    assert "it fits fpga-pynq-z2" in found.hint


def test_where_no_board_holds_a_design_the_worst_layer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("packager.families._fpga_limits._boards", lambda able: [])  # noqa: ARG005 - a stand-in
    work = job(deep(), "fpga-arty-a7-35t")
    (found,) = family_of(work.profile).check(work)
    assert "no shipped board holds it; CONV_2D #" in found.hint


def test_a_skip_connection_beyond_the_block_memory_is_named() -> None:
    net = Net(seed=4)
    x = net.input((48, 48, 64), q(0.1, 3))
    skipped = net.conv(x, 64, (1, 1))
    model = net.model(net.add(skipped, net.conv(net.conv(skipped, 8, (3, 3)), 64, (3, 3)), q(0.3)))
    work = job(model, "fpga-arty-a7-35t")
    (found,) = family_of(work.profile).check(work)
    assert "of 90 BRAM18" in found.message
    assert "holds a whole frame of 147456 values for a skip connection" in found.hint
    assert "it fits fpga-" in found.hint


def test_problems_of_the_model_and_of_the_request_come_together() -> None:
    b = GraphBuilder()
    model = b.model([b.op("RELU", [b.input("x", (1, 4))], (1, 4))])
    work = job(model, arithmetic="xnnpack")
    messages = [str(d) for d in family_of(work.profile).check(work)]
    assert len(messages) == 2
    assert "xnnpack" in messages[0]
    assert "float" in messages[1]


def test_a_profile_without_a_part_is_refused() -> None:
    work = job(small())
    bare = dataclasses.replace(work, profile=dataclasses.replace(work.profile, fpga=None))
    (found,) = family_of(work.profile).check(bare)
    assert "[fpga]" in found.message


def test_a_faster_part_is_folded_further() -> None:
    net = Net(seed=4)
    model = net.model(net.conv(net.input((16, 16, 16), q(0.1, 3)), 64, (3, 3)))
    slow, fast = (
        {f.name: f.value for f in family_of(w.profile).emit(w).figures}
        for w in (job(model, "fpga-arty-a7-35t"), job(model, "fpga-zcu102"))
    )
    assert fast["fpga.ii"] < slow["fpga.ii"]
    assert np.isfinite([*slow.values(), *fast.values()]).all()
