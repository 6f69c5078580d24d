import dataclasses
import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from cli.edgepack import Outcome
from report.sample import SAMPLE, changed, with_figure

from packager.cli.check import command
from packager.report.gates import gate_formats

KEPT = '[default]\n"deploy.bytes" = {max = "60 KiB"}\n'
BROKEN = '[default]\n"deploy.bytes" = {max = "59 KiB"}\n"energy.mj" = {max = 1}\n'


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    coral = dataclasses.replace(SAMPLE.target, name="coral", family="coral")
    for name, report in {
        "now.json": SAMPLE,
        "before.json": with_figure(SAMPLE, "deploy.bytes", value=61_000),
        "coral.json": changed(SAMPLE, target=coral),
    }.items():
        Path(name).write_bytes(report.to_json())
    Path("kept.toml").write_text(KEPT, "utf-8")
    Path("broken.toml").write_text(BROKEN, "utf-8")
    return tmp_path


def test_a_budget_that_is_kept_exits_0(files: Path) -> None:
    done = Outcome(command, files / "now.json", "--budget", "kept.toml")
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines()[1].split() == ["ok", "deploy.bytes", "60.0", "KiB", "max", "60.0", "KiB", "measured"]


@pytest.mark.parametrize("form", gate_formats())
@pytest.mark.usefixtures("files")
def test_a_budget_that_is_exceeded_exits_3_after_the_verdicts(form: str) -> None:
    done = Outcome(command, "now.json", "coral.json", "--budget", "broken.toml", "--format", form)
    assert done.code == 3
    assert str(done.error) == (
        "4 limits exceeded (raspberrypi-4: deploy.bytes, raspberrypi-4: energy.mj, "
        "coral: deploy.bytes, coral: energy.mj)"
    )
    assert "\x1b" not in done.out
    if form == "json":
        assert [b["target"] for b in json.loads(done.out)["bundles"]] == ["raspberrypi-4", "coral"]
    if form == "junit":
        assert ET.fromstring(done.out).attrib["failures"] == "4"


@pytest.mark.usefixtures("files")
def test_the_baseline_of_each_target_is_found() -> None:
    growth = Path("growth.toml")
    growth.write_text('[default]\n"deploy.bytes" = {max_increase = "1 %"}\n', "utf-8")
    args = ("now.json", "coral.json", "--budget", growth, "--baseline", "before.json", "--format", "json")
    done = Outcome(command, *args)
    pi, coral = done.json["bundles"]
    assert (done.code, pi["passed"], pi["verdicts"][0]["baseline"]) == (3, True, 61_000)
    assert (coral["passed"], coral["verdicts"][0]["message"]) == (False, "needs a baseline to compare with")


@pytest.mark.usefixtures("files")
def test_a_baseline_that_fits_nothing_or_comes_twice_is_a_mistake() -> None:
    other = Outcome(command, "now.json", "--budget", "kept.toml", "--baseline", "coral.json")
    assert other.code == 2
    assert "coral" in str(other.error)
    twice = ("--baseline", "before.json", "--baseline", "now.json")
    assert Outcome(command, "now.json", "--budget", "kept.toml", *twice).code == 2


@pytest.mark.usefixtures("files")
def test_a_misspelt_table_is_a_warning_on_stderr() -> None:
    Path("typo.toml").write_text(KEPT + '[targets.corall]\n"deploy.bytes" = {max = 1}\n', "utf-8")
    done = Outcome(command, "now.json", "--budget", "typo.toml", "--format", "json")
    assert done.code == 0
    assert done.json["passed"] is True
    assert done.err == "warning: typo.toml: [targets.corall] matches no target: did you mean 'coral'?\n"


@pytest.mark.usefixtures("files")
def test_mistakes_of_use_exit_2() -> None:
    assert Outcome(command, "--budget", "kept.toml").code == 2
    assert Outcome(command, "now.json").code == 2
    assert Outcome(command, "now.json", "--budget", "none.toml").code == 2
    assert Outcome(command, "none.json", "--budget", "kept.toml").code == 2
    assert Outcome(command, "now.json", "--budget", "kept.toml", "--format", "sarif").code == 2
    Path("now.json").write_bytes(b"{}")
    assert Outcome(command, "now.json", "--budget", "kept.toml").code == 4
