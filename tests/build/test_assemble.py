"""What goes into a report, and that nothing is counted twice for it."""

import dataclasses
import re
from pathlib import Path

import pytest
from families.making import integer_source, job
from ops.convolving import Case, convolution

from packager.build.assemble import report_of
from packager.config.profile import load_profile
from packager.families import family_of
from packager.families.raspberrypi import FAMILY
from packager.frontends import Source
from packager.ir import Model
from packager.plan import latency
from packager.plan.cost import Cost, cost_of
from packager.plan.memory import ALIGNMENT, plan_memory


def test_the_models_cost_is_counted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def again(model: Model) -> Cost:
        raise AssertionError(f"{model.main.name}: counted again for the latency")

    monkeypatch.setattr(latency, "cost_of", again)
    ours = job("raspberrypi-4", integer_source())
    source = Source(model=ours.quantized.model, format="tflite", path=Path("x.tflite"), bytes=1, sha256="0" * 64)
    report = report_of(source, ours, FAMILY.emit(ours))
    (figure,) = report.named("latency.p50.ms")
    monkeypatch.undo()
    assert figure.value == latency.estimate_latency(ours.quantized.model, ours.profile).total_ms
    assert [f.value for f in report.named("compute.macs")] == [cost_of(ours.quantized.model).macs]


@pytest.mark.parametrize("target", ["cortex-m4", "raspberrypi-4", "host"])
def test_the_arena_is_what_the_code_asks_for(target: str) -> None:
    """A window over the border takes scratch, which the plan of the tensors alone does not count."""
    model = convolution(Case(shape=(1, 6, 6, 8), channels=8))
    ours = job(target, dataclasses.replace(integer_source(), model=model))
    product = family_of(load_profile(target)).emit(ours)
    source = Source(model=model, format="tflite", path=Path("x.tflite"), bytes=1, sha256="0" * 64)
    report = report_of(source, ours, product)
    (arena,) = report.named("ram.arena.bytes")
    header = next(e.content.decode() for e in product.files if e.path == "runtime/c/model.h")
    found = re.search(r"MODEL_ARENA_BYTES (\d+)u", header)
    assert found
    assert arena.value == int(found[1]) > plan_memory(model).arena_bytes
    memory = report.memory
    assert memory is not None, "the picture is of the same arena, scratch in it"
    assert (memory.arena_bytes, memory.lower_bound_bytes) == (arena.value, plan_memory(model).lower_bound_bytes)
    (scratch,) = (row for row in memory.rows if row.tensor == "scratch")
    assert (scratch.first, scratch.last) == (0, 0)
    assert 0 <= arena.value - max(row.offset + row.bytes for row in memory.rows) < ALIGNMENT
    in_litert = report_of(source, ours, dataclasses.replace(product, figures=(), memory=None))
    (arena,) = in_litert.named("ram.arena.bytes")
    assert arena.value == plan_memory(model).arena_bytes
