"""The C runtime's time on this machine: by its own library, by one made here, and not at all."""

from pathlib import Path

import pytest
from emit.c.making import emitted, written
from ops.convolving import Case, dense
from ops.judging import inputs_for

from packager.errors import ConfigError, ToolError
from packager.measure import latency_c
from packager.measure.c import compiler


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    model = dense(Case(shape=(1, 37), channels=8))
    written(tmp_path, emitted(model, "xnnpack", inputs_for(model, 1)))
    return tmp_path


@pytest.mark.skipif(not compiler(), reason="needs a C compiler")
def test_sources_are_compiled_and_timed(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(bundle.parent)
    figures = {f.name: f for f in latency_c.measure_c(Path(bundle.name), iterations=20)}
    assert 0 < figures["latency.p50.ms"].value <= figures["latency.p99.ms"].value
    assert figures["latency.p50.ms"].on == "host"
    assert "compiled for this machine by " in figures["latency.p50.ms"].source


def test_what_is_missing_is_named(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match="one thread, not 2"):
        latency_c.measure_c(bundle, threads=2)
    with pytest.raises(ConfigError, match="holds no C runtime"):
        latency_c.measure_c(bundle / "golden")
    monkeypatch.setattr(latency_c, "compiler", tuple)
    with pytest.raises(ToolError, match="can't be timed") as caught:
        latency_c.measure_c(bundle)
    assert not caught.value.details
