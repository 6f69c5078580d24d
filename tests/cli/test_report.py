from pathlib import Path

import pytest
from cli.edgepack import Outcome
from report.sample import SAMPLE

from packager.cli.report import command
from packager.report.views import render_view, view_formats


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
