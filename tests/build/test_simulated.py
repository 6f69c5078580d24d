"""What a build takes from the timed simulation of an FPGA design: cycles, depths of streams, and a note without it."""

import dataclasses
import json
import shutil

import pytest
from emit.hls.making import UNOPTIMIZED, Net, frames, q

from packager.build.simulated import with_simulated
from packager.config.hardware import Hardware
from packager.config.profile import load_profile
from packager.config.recipe import Recipe
from packager.config.samples import Samples
from packager.families import Job, Product, family_of
from packager.figure import Basis, Figure
from packager.quantize import Quantized


def job(net: Net, output: int) -> Job:
    model = net.model(output)
    return Job(
        name="net",
        version="0.1.0",
        profile=load_profile("fpga-pynq-z2"),
        recipe=Recipe(name="test", description=""),
        arithmetic="integer",
        quantized=Quantized(model=model, float_model=None, ranges={}, plan=None),
        golden=Samples(arrays=dict(zip(model.input_names(), frames(model, 2), strict=True))),
    )


def skipping() -> Job:
    """A skip over two rows of 48, in a buffer of all of them as long as nothing was simulated."""
    net = Net(seed=3)
    x = net.conv(net.input((48, 16, 4), q(0.05, -4)), 4, (1, 1), out=q(0.2, -128))
    y = net.conv(x, 4, (3, 3), out=q(0.3, 5))
    return job(net, net.add(x, y, q(0.3)))


def named(product: Product, name: str) -> dict[Basis, Figure]:
    return {figure.basis: figure for figure in product.figures if figure.name == name}


def depths(product: Product) -> dict[str, int]:
    (header,) = (e for e in product.files if e.path.endswith("src/depths.h"))
    rows = (line.split() for line in header.content.decode().splitlines() if line.startswith("#define DEPTH_"))
    return {name: int(depth) for _, name, depth in rows}


@pytest.mark.skipif(shutil.which("g++") is None, reason="g++ is not installed")
def test_streams_are_as_deep_as_the_simulation_needed_and_its_cycles_stand_beside_the_estimate(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("packager.measure.hls.FLAGS", UNOPTIMIZED)
    work = skipping()
    before = family_of(work.profile).emit(work)
    after = with_simulated(work, before)
    assert with_simulated(work, before) == after
    interval = named(after, "fpga.ii")
    assert interval[Basis.ESTIMATED].value <= interval[Basis.SIMULATED].value <= 1.02 * interval[Basis.ESTIMATED].value
    latency = named(after, "latency.p50.ms")[Basis.SIMULATED]
    assert latency.value == pytest.approx(named(after, "fpga.cycles")[Basis.SIMULATED].value / 100e3)
    assert "100 MHz" in latency.source
    rate = named(after, "throughput.per_second")[Basis.SIMULATED].value
    assert rate == pytest.approx(100e6 / interval[Basis.SIMULATED].value)
    safe, found = depths(before), depths(after)
    assert safe.keys() == found.keys()
    changed = {name for name in safe if safe[name] != found[name]}
    assert changed
    assert all(found[name] < safe[name] for name in changed)
    assert named(after, "fpga.bram36")[Basis.ESTIMATED].value <= named(before, "fpga.bram36")[Basis.ESTIMATED].value
    (estimate,) = (json.loads(e.content) for e in after.files if e.path.endswith("estimate.json"))
    assert {f"DEPTH_{row['stream']}": row["depth"] for row in estimate["streams"]} == found


@pytest.mark.skipif(shutil.which("g++") is None, reason="g++ is not installed")
def test_a_recipe_keeps_whole_frames_in_its_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("packager.measure.hls.FLAGS", UNOPTIMIZED)
    work = skipping()
    wanted = dataclasses.replace(work.recipe, fpga=Hardware(fifo_depths="frame"))
    before = family_of(work.profile).emit(work)
    after = with_simulated(dataclasses.replace(work, recipe=wanted), before)
    assert after.files == before.files
    assert max(depths(after).values()) >= 48 * 16
    assert Basis.SIMULATED in named(after, "fpga.ii")
    assert named(after, "fpga.bram36") == named(before, "fpga.bram36")
    (note,) = (d for d in after.diagnostics if d not in before.diagnostics)
    assert "hold a whole frame, as the recipe asks" in note.message


def test_without_a_compiler_the_report_says_so_and_depths_stay_safe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("packager.measure.hls.compiler", lambda: "")
    work = skipping()
    before = family_of(work.profile).emit(work)
    after = with_simulated(work, before)
    assert after.files == before.files
    assert after.figures == before.figures
    (note,) = (d for d in after.diagnostics if d not in before.diagnostics)
    assert "the timed simulation was not run here: no C++ compiler" in note.message
    assert "hold a whole frame" in note.message
    assert "g++" in note.hint


def test_products_of_other_families_stay_as_they_are() -> None:
    work = skipping()
    product = Product(files=(), artifact="model/model.tflite", engine="litert")
    assert with_simulated(dataclasses.replace(work, profile=load_profile("host")), product) is product
