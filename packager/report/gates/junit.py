"""Verdicts as JUnit XML: a suite a bundle, a case a limit."""

from collections.abc import Sequence
from xml.etree import ElementTree as ET

from packager.report.check import Status, Verdict, story
from packager.report.gates import Checked
from packager.report.text import visible


def render(checked: Sequence[Checked], budget: str) -> str:
    root = ET.Element("testsuites", {"name": visible(budget), **_counts([v for c in checked for v in c.verdicts])})
    for bundle in checked:
        suite = ET.SubElement(root, "testsuite", {"name": visible(bundle.bundle), **_counts(bundle.verdicts)})
        for verdict in bundle.verdicts:
            _case(suite, bundle.target, verdict)
    ET.indent(root, " ")
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _counts(verdicts: Sequence[Verdict]) -> dict[str, str]:
    def count(status: Status) -> str:
        return str(sum(v.status is status for v in verdicts))

    return {"tests": str(len(verdicts)), "failures": count(Status.FAIL), "errors": "0", "skipped": count(Status.SKIP)}


def _case(suite: ET.Element, target: str, verdict: Verdict) -> None:
    case = ET.SubElement(suite, "testcase", classname=visible(target), name=f"{verdict.figure} {verdict.rule}")
    text = visible(f"{verdict.figure}: {story(verdict)}", 2000)
    source = visible(verdict.source)
    if verdict.status is Status.FAIL:
        ET.SubElement(case, "failure", message=text, type="budget").text = source
    elif verdict.status is Status.SKIP:
        ET.SubElement(case, "skipped", message=text)
    else:
        ET.SubElement(case, "system-out").text = f"{verdict.status}: {text}\n{source}".rstrip()
