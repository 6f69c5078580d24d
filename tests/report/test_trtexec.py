import json
from pathlib import Path
from typing import Any

import pytest

from packager.errors import EdgePackError
from packager.figure import Basis
from packager.report.trtexec import read_export


def times(path: Path, latencies: list[float]) -> Path:
    """A file in the layout of trtexec's exportJSONTrace: one inference after another, half a ms apart."""
    rows, clock = [], 100.0
    for ms in latencies:
        rows.append(
            {"startEnqMs": clock, "endEnqMs": clock + 0.1, "startH2dMs": clock, "endH2dMs": clock + 0.1}
            | {"startComputeMs": clock + 0.1, "endComputeMs": clock + ms - 0.1}
            | {"startD2hMs": clock + ms - 0.1, "endD2hMs": clock + ms}
            | {"h2dMs": 0.1, "computeMs": ms - 0.2, "d2hMs": 0.1, "latencyMs": ms}
        )
        clock += ms + 0.5
    path.write_text(json.dumps(rows), encoding="utf-8")
    return path


def test_times_become_figures_measured_on_the_target(tmp_path: Path) -> None:
    export = read_export(times(tmp_path / "times.json", [1.5] * 99 + [3.5]), target="jetson-orin-nx")
    figures = {f.name: f for f in export.figures}
    assert figures["latency.p50.ms"].value == 1.5
    assert figures["latency.p99.ms"].value == pytest.approx(1.52)
    assert figures["throughput.per_second"].value == pytest.approx(100 / (99 * 2.0 + 3.5) * 1000, rel=1e-6)
    assert {(f.basis, f.on, f.source) for f in export.figures} == {
        (Basis.MEASURED, "jetson-orin-nx", "trtexec, 100 inferences")
    }


@pytest.mark.parametrize("median", [{}, {"medianMs": 0.1}], ids=["8.0", "8.5"])
def test_a_profile_becomes_layers_slowest_first(tmp_path: Path, median: dict[str, float]) -> None:
    rows: list[dict[str, Any]] = [{"count": 200}]
    rows += [
        {"name": name, "timeMs": 200 * ms, "averageMs": ms, "percentage": 100 * ms, **median}
        for name, ms in (("pool", 0.1), ("conv + relu", 0.7), ("reformat", 0.2))
    ]
    path = tmp_path / "profile.json"
    path.write_text(json.dumps(rows), encoding="utf-8")
    export = read_export(path, target="jetson")
    assert export.figures == ()
    assert [(x.name, x.share) for x in export.layers] == [("conv + relu", 70.0), ("reformat", 20.0), ("pool", 10.0)]


OTHERS = (
    *("", "{}", "[]", "[1]", '[{"a": 1}]', '[{"latencyMs": "1"}]'),
    '[{"latencyMs": -1, "startEnqMs": 0, "endD2hMs": 1}]',
    '[{"count": 1}, {"averageMs": 1}]',
    '[{"count": 1}, {"name": "a", "averageMs": null, "percentage": 1}]',
)


@pytest.mark.parametrize("content", OTHERS)
def test_another_file_is_refused_by_name(tmp_path: Path, content: str) -> None:
    path = tmp_path / "other.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(EdgePackError, match=r"other\.json"):
        read_export(path, target="jetson")
    with pytest.raises(EdgePackError, match=r"none\.json"):
        read_export(tmp_path / "none.json", target="jetson")
