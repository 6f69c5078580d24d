"""The report as `report.json`."""

from packager.report.model import Report

SUFFIX = "json"


def render(report: Report) -> str:
    return report.to_json().decode("ascii")
