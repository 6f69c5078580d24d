"""`edgepack bench`: what it measures, where it puts it, and what it refuses."""

import json
import shutil
from pathlib import Path

import pytest

from packager.build import build, compiled
from packager.bundle import read_manifest
from packager.cli.main import main
from packager.config.profile import load_profile
from packager.config.request import BuildRequest
from packager.measure.cross import cross_compiler
from packager.measure.prebuilt import prebuild
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
def test_cycles_of_an_fpga_design_are_simulated(
    bundles: dict[str, Path], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(bundles["fpga"].parent)
    assert main(["bench", bundles["fpga"].name, "--json"]) == 0, "a path from here, as a user gives it"
    figures = {f["name"]: f for f in json.loads(capsys.readouterr().out)["figures"]}
    assert figures["fpga.ii"]["basis"] == "simulated"
    rows = load_report(bundles["fpga"]).named("fpga.ii")
    assert sum(f.basis == "simulated" for f in rows) == 1, "the report had it already"
    (estimate,) = [f for f in rows if f.basis == "estimated"]
    assert figures["fpga.ii"]["value"] == pytest.approx(estimate.value, rel=0.05)


def test_an_engine_whose_time_means_nothing_is_refused(
    bundles: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["bench", str(bundles["jetson-nano"])]) == 2
    assert "says nothing about jetson-nano" in capsys.readouterr().err


@pytest.fixture(scope="module")
def compiled_host(tmp_path_factory: pytest.TempPathFactory) -> Path:
    profile = load_profile("host")
    if profile.cpu is None or cross_compiler(profile.cpu) is None:
        pytest.skip("no C compiler for x86-64 is here")
    request = BuildRequest(
        model=DIGITS / "digits.tflite",
        targets=("host",),
        out=tmp_path_factory.mktemp("compiled"),
        calibration=str(DIGITS / "calibration.npz"),
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compiled, "prebuild", prebuild)
        return build(request).bundles[0].path


def test_c_leads_where_it_is_compiled_and_is_what_is_timed(
    compiled_host: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = read_manifest(compiled_host)
    assert (manifest.engine, set(manifest.engines)) == ("c", {"c", "litert", "litert-default", "numpy-xnnpack"})
    report = load_report(compiled_host)
    assert {g.engine for g in report.golden} == {"c", "litert-default", "numpy-xnnpack"}
    (deploy,) = report.named("deploy.bytes")
    assert deploy.value == (compiled_host / "runtime/c/prebuilt/model").stat().st_size
    assert {f.source.partition(",")[0] for f in report.named("latency.p50.ms")} == {"the C runtime"}
    assert main(["bench", str(compiled_host), "--seconds", "0.1"]) == 0
    assert "measured: the C runtime, " in capsys.readouterr().out
    assert main(["bench", str(compiled_host), "--seconds", "0.1", "--threads", "2"]) == 2
    assert "one thread, not 2" in capsys.readouterr().err
    assert main(["verify", str(compiled_host)]) == 0


@pytest.mark.skipif(shutil.which("qemu-x86_64") is None, reason="needs qemu-user")
def test_instructions_are_counted_and_called_no_time(compiled_host: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = []
    for _ in range(2):
        assert main(["bench", str(compiled_host), "--on", "qemu", "--json"]) == 0
        found += json.loads(capsys.readouterr().out)["figures"]
    first, second = found
    assert (first["name"], first["unit"]) == ("instructions.per_inference", "instructions")
    assert first["basis"] == "simulated"
    assert first["source"].endswith("instructions are no time")
    assert first["value"] == pytest.approx(second["value"], rel=1e-3)
    assert 1e4 < first["value"] < 1e6


def test_what_counting_needs_is_named(
    bundles: dict[str, Path], compiled_host: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["bench", str(bundles["fpga"]), "--on", "qemu"]) == 2
    assert "holds no compiled C runtime" in capsys.readouterr().err
    monkeypatch.setenv("PATH", "/nowhere")
    assert main(["bench", str(compiled_host), "--on", "qemu"]) == 7
    assert "qemu-x86_64 is not on PATH" in capsys.readouterr().err
