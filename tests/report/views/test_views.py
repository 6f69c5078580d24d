import pytest
from report.sample import SAMPLE

from packager.errors import ConfigError
from packager.report.model import Report
from packager.report.views import render_view, report_files, view_formats


def test_a_bundle_gets_every_format() -> None:
    entries = {e.path: e for e in report_files(SAMPLE)}
    assert set(entries) == {"report.html", "report.json", "report.md"}
    assert {e.role for e in entries.values()} == {"report"}
    assert entries["report.json"].content == SAMPLE.to_json()
    assert entries["report.html"].content == render_view("html", SAMPLE).encode()


def test_the_json_view_is_read_back() -> None:
    again = Report.from_json(render_view("json", SAMPLE).encode())
    assert sorted(again.figures, key=repr) == sorted(SAMPLE.figures, key=repr)


def test_formats_are_found_by_name() -> None:
    assert view_formats() == ["html", "json", "markdown"]
    with pytest.raises(ConfigError, match="no format named 'htm'") as caught:
        render_view("htm", SAMPLE)
    assert caught.value.hint == "did you mean 'html'?"
