"""What goes into a report, and that nothing is counted twice for it."""

from pathlib import Path

import pytest
from families.making import integer_source, job

from packager.build.assemble import report_of
from packager.families.raspberrypi import FAMILY
from packager.frontends import Source
from packager.ir import Model
from packager.plan import latency
from packager.plan.cost import Cost, cost_of


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
