import dataclasses
import json
import re
from pathlib import Path

import pytest
from cli.edgepack import Outcome
from report.sample import SAMPLE, figure
from report.test_hls_reports import CSYNTH

from packager.bundle import Bundle, Entry
from packager.cli.report import command
from packager.plan.fpga_estimate import Factors
from packager.plan.fpga_fit import read_fit
from packager.report.load import load_report
from packager.report.measured import write_measured
from packager.report.model import TargetFacts
from packager.report.views import render_view, report_files, view_formats


@pytest.fixture
def report(tmp_path: Path) -> Path:
    path = tmp_path / "report.json"
    path.write_bytes(SAMPLE.to_json())
    return path


@pytest.mark.parametrize("form", view_formats())
def test_each_format_goes_to_stdout_or_a_file(form: str, report: Path, tmp_path: Path) -> None:
    assert Outcome(command, report, "--format", form).out == render_view(form, SAMPLE)
    done = Outcome(command, report, "--format", form, "-o", tmp_path / "out")
    assert (done.code, done.out) == (0, "")
    assert (tmp_path / "out").read_text("utf-8") == render_view(form, SAMPLE)


def test_markdown_is_what_a_terminal_gets(report: Path) -> None:
    assert Outcome(command, report).out.startswith("# kws for Raspberry Pi 4 Model B\n")


def test_mistakes(report: Path, tmp_path: Path) -> None:
    assert Outcome(command, tmp_path / "none").code == 2
    assert Outcome(command, report, "--format", "pdf").code == 2
    nowhere = Outcome(command, report, "-o", tmp_path / "no" / "where")
    assert nowhere.code == 2
    assert "No such file or directory" in str(nowhere.error)
    report.write_bytes(b"{}")
    assert Outcome(command, report).code == 4


def test_what_the_vendors_tools_say_is_shown_beside_the_estimate(tmp_path: Path) -> None:
    target = TargetFacts(name="fpga-pynq-z2", title="PYNQ-Z2", family="fpga", arithmetic="integer")
    figures = (figure("fpga.lut", 4000, "1", low=2400, high=5600), figure("fpga.cycles", 600, "cycles"))
    made = Bundle("kws", "0.1.0", "fpga-pynq-z2")
    made.add(*report_files(dataclasses.replace(SAMPLE, target=target, figures=figures)))
    bundle, reports = made.write(tmp_path), tmp_path / "reports"
    simulated = figure("fpga.cycles", 610, "cycles", "simulated")
    write_measured(bundle, [simulated, figure("fpga.lut", 1, "1", "measured")])
    reports.mkdir()
    (reports / "csynth.xml").write_text(CSYNTH, "utf-8")
    assert Outcome(command, bundle, "--hls-reports", reports).code == 0
    done = Outcome(command, bundle, "--hls-reports", reports)  # a second time replaces the first
    assert "csynth's estimate, Vitis HLS 2023.2, csynth.xml" in done.out
    report = load_report(bundle)
    assert [f.value for f in report.named("fpga.lut")] == [4000, 5002]
    assert [f.value for f in report.named("fpga.cycles")] == [600, 610, 640]


def test_estimates_are_refitted_from_reports_of_single_processes(tmp_path: Path) -> None:
    target = TargetFacts(name="fpga-pynq-z2", title="PYNQ-Z2", family="fpga", arithmetic="integer")
    rows = [
        {"process": "run_conv", "kind": "matrix", "lut": 2501, "ff": 8002, "dsp": 29, "bram18": 13},
        {"process": "run_other", "kind": "window", "lut": 300, "ff": 250, "dsp": 0, "bram18": 2},
    ]
    estimate = json.dumps({"schema": 1, "processes": rows}).encode()
    made = Bundle("kws", "0.1.0", "fpga-pynq-z2")
    made.add(*report_files(dataclasses.replace(SAMPLE, target=target)))
    made.add(Entry(path="runtime/hls/estimate.json", content=estimate, role="source"))
    bundle, reports = made.write(tmp_path), tmp_path / "reports"
    reports.mkdir()
    for name in ("csynth.xml", "run_conv_csynth.xml"):
        (reports / name).write_text(CSYNTH, "utf-8")
    done = Outcome(command, bundle, "--hls-reports", reports)
    assert done.code == 0
    assert re.search(r"matrix +1 +2501 +5002 +8002 +4001 +29 +29 +13 +13", done.err)
    fit = read_fit(bundle.with_name(f"{bundle.name}.fit.json"))
    assert fit.factors == {"matrix": Factors(lut=2.0, ff=0.5)}
    assert fit.source == f"{bundle.name}, 1 of 2 processes"


def test_reports_of_a_design_are_for_a_bundle_of_one(report: Path, tmp_path: Path) -> None:
    done = Outcome(command, report, "--hls-reports", tmp_path)
    assert done.code == 2
    assert "no FPGA bundle" in str(done.error)
