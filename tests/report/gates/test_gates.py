import json
import re
from xml.etree import ElementTree as ET

import pytest
from report.gates.checked import HOSTILE, checked

from packager.errors import ConfigError
from packager.report.check import Status, Verdict
from packager.report.gates import Checked, gate_formats, render_gate


def rendered(form: str, *bundles: Checked) -> str:
    return render_gate(form, bundles or (checked(),), "ci/budget.toml")


def test_the_sample_has_a_verdict_of_each_status() -> None:
    assert [v.status for v in checked().verdicts] == [
        Status.FAIL, Status.FAIL, Status.WARN, Status.SKIP, Status.PASS,
    ]  # fmt: skip


def test_formats_are_found_by_name() -> None:
    assert gate_formats() == ["github", "json", "junit", "markdown", "text"]
    with pytest.raises(ConfigError, match="no format named 'juni'") as caught:
        rendered("juni")
    assert caught.value.hint == "did you mean 'junit'?"


@pytest.mark.parametrize("form", gate_formats())
def test_every_format_ends_its_last_line_and_is_the_same_each_time(form: str) -> None:
    assert rendered(form).endswith("\n")
    assert rendered(form) == rendered(form)
    assert "\x1b" not in rendered(form)


def test_json_has_the_numbers_as_they_are() -> None:
    document = json.loads(rendered("json"))
    assert (document["schema"], document["passed"], document["budget"]) == (1, False, "ci/budget.toml")
    (bundle,) = document["bundles"]
    growth = bundle["verdicts"][0]
    assert (growth["figure"], growth["status"], growth["value"], growth["baseline"]) == (
        "deploy.bytes", "fail", 61_440, 58_112,
    )  # fmt: skip
    assert growth["mover"]["change"] == 3_328
    assert json.loads(rendered("json", Checked(bundle="b", target="t", verdicts=())))["passed"] is True


def test_junit_is_read_back() -> None:
    root = ET.fromstring(rendered("junit", checked(), checked("plain")))
    assert (root.tag, root.attrib["tests"], root.attrib["failures"], root.attrib["skipped"]) == (
        "testsuites", "10", "4", "2",
    )  # fmt: skip
    suites = list(root)
    assert [s.tag for s in suites] == ["testsuite", "testsuite"]
    cases = {c.attrib["name"]: c for c in suites[1]}
    assert len(cases) == 5, "names are unique in a suite"
    failure = cases["deploy.bytes max increase 1 %"].find("failure")
    assert failure is not None
    assert "most by CONV_2D 'plain' (+3.2 KiB)" in failure.attrib["message"]
    assert cases["energy.mj max 1 mJ"].find("skipped") is not None
    assert cases["accuracy.drop max 1 %"].find("failure") is None
    missing = cases["fpga.dsp max 1"].find("failure")
    assert missing is not None
    assert "not in the report" in missing.attrib["message"]


def unescaped(text: str) -> str:
    """As GitHub's runner reads a command's message."""
    return text.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%")


def test_github_annotations_put_failures_first_and_keep_to_their_line() -> None:
    lines = rendered("github").splitlines()
    assert [re.match(r"::(\w+) ", line)[1] for line in lines] == ["error", "error", "warning", "notice"]  # type: ignore[index]  # a miss is a failure
    properties, _, message = lines[0].removeprefix("::error ").partition("::")
    assert properties == "file=ci/budget.toml,title=raspberrypi-4%3A deploy.bytes"
    assert unescaped(message).splitlines()[0].startswith("60.0 KiB (measured), max increase 1 %; over by")
    assert unescaped(message).splitlines()[-1] == "in dist/kws"
    assert lines[-1].endswith("::2 of 5 limits exceeded")


def test_github_properties_are_escaped() -> None:
    (error, *_) = rendered("github", Checked(bundle="b", target=HOSTILE, verdicts=checked().verdicts)).splitlines()
    title = error.split("title=")[1].split("::")[0]
    assert not set(title) & {",", ":", "\r", "\n"}
    assert title.startswith("c%2C1%3A%2525 |")


def failing(count: int) -> Checked:
    verdict = Verdict(figure="f", rule="max 1", status=Status.FAIL, unit="1", value=2.0)
    return Checked(bundle="b", target="t", verdicts=(verdict,) * count)


@pytest.mark.parametrize(("count", "shown"), [(1, 1), (10, 10), (11, 10), (500, 10)])
def test_github_shows_ten_of_a_kind_so_the_tenth_stands_for_the_rest(count: int, shown: int) -> None:
    errors = [line for line in rendered("github", failing(count)).splitlines() if line.startswith("::error")]
    assert len(errors) == shown
    assert (f"title={count - 9} more limits::" in errors[-1]) == (count > 10)


def test_markdown_is_one_table_a_bundle() -> None:
    text = rendered("markdown", checked("a|b"))
    assert text.startswith("### 2 of 5 limits exceeded\n")
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert len(rows) == 2 + 5
    assert len({len(re.split(r"(?<!\\)\|", row)) for row in rows}) == 1
    assert "+3.2 KiB" in rows[2]
    assert r"most by CONV\_2D 'a\|b' (+3.2 KiB)" in rows[2] or r"most by CONV_2D 'a\|b' (+3.2 KiB)" in rows[2]
    assert rendered("markdown", Checked(bundle="b", target="t", verdicts=())).startswith("### All 0 limits kept")


def test_text_fits_80_columns_where_nothing_needs_explaining() -> None:
    lines = rendered("text").splitlines()
    assert lines[0] == "raspberrypi-4  dist/kws"
    table = [line for line in lines if re.match(r"  \w", line)]
    assert [line.split()[0] for line in table] == ["FAIL", "FAIL", "warn", "skip", "ok"]
    assert max(map(len, table)) <= 80
    assert "over by" in lines[2]
