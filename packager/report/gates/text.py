"""Verdicts for a terminal: failures first, the limit beside the value, under 80 columns."""

from collections.abc import Sequence

from packager.report.check import Status, Verdict, reason
from packager.report.gates import Checked
from packager.report.text import show, visible

_MARKS = {Status.FAIL: "FAIL", Status.WARN: "warn", Status.SKIP: "skip", Status.PASS: "ok"}


def render(checked: Sequence[Checked], budget: str) -> str:  # noqa: ARG001 - the same call for every format
    names = [v.figure for c in checked for v in c.verdicts]
    width = max(map(len, names), default=0)
    blocks = []
    for bundle in checked:
        lines = [f"{visible(bundle.target)}  {visible(bundle.bundle)}"]
        for verdict in bundle.verdicts:
            lines.append(_line(verdict, width))
            if why := reason(verdict):
                lines.append(f"        {visible(why, 400)}")
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks) + "\n"


def _line(verdict: Verdict, width: int) -> str:
    value = "missing" if verdict.value is None else show(verdict.value, verdict.unit)
    mark, basis = _MARKS[verdict.status], verdict.basis or ""
    return f"  {mark:<4}  {verdict.figure:<{width}}  {value:>10}  {verdict.rule:<22}  {basis}".rstrip()
