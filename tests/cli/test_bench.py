"""`edgepack bench`: what it measures, where it puts it, and what it refuses."""

import json
import shutil
from pathlib import Path

import pytest

from packager.build import build
from packager.cli.main import main
from packager.config.request import BuildRequest
from packager.report.load import load_report

DIGITS = Path(__file__).parents[2] / "examples" / "digits"


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    request = BuildRequest(
        model=DIGITS / "digits.tflite",
        targets=("host", "jetson-nano", "fpga"),
        out=tmp_path_factory.mktemp("dist"),
        calibration=str(DIGITS / "calibration.npz"),
        measure=False,
    )
    return {bundle.target: bundle.path for bundle in build(request).bundles}


def test_times_join_the_report(bundles: dict[str, Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", str(bundles["host"]), "--seconds", "0.1", "--json"]) == 0
    figures = {f["name"]: f for f in json.loads(capsys.readouterr().out)["figures"]}
    assert figures["latency.p50.ms"]["basis"] == "measured"
    assert 0 < figures["latency.p50.ms"]["value"] <= figures["latency.p99.ms"]["value"]
    assert "measured" in {f.basis for f in load_report(bundles["host"]).named("latency.p50.ms")}
    assert main(["verify", str(bundles["host"])]) == 0


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("g++") is None, reason="needs g++")
def test_cycles_of_an_fpga_design_are_simulated(bundles: dict[str, Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", str(bundles["fpga"]), "--json"]) == 0
    figures = {f["name"]: f for f in json.loads(capsys.readouterr().out)["figures"]}
    assert figures["fpga.ii"]["basis"] == "simulated"
    (estimate,) = [f for f in load_report(bundles["fpga"]).named("fpga.ii") if f.basis == "estimated"]
    assert figures["fpga.ii"]["value"] == pytest.approx(estimate.value, rel=0.05)


def test_an_engine_whose_time_means_nothing_is_refused(
    bundles: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["bench", str(bundles["jetson-nano"])]) == 2
    assert "says nothing about jetson-nano" in capsys.readouterr().err
