"""Verdicts as a Markdown table, for a pull request's comment or a job's summary."""

from collections.abc import Sequence

from packager.report.check import Status, Verdict, blame
from packager.report.gates import Checked
from packager.report.markup import cell, code
from packager.report.text import DASH, show, show_change

_MARKS = {Status.FAIL: "\u274c fail", Status.WARN: "\u26a0\ufe0f warn", Status.SKIP: "skip", Status.PASS: "\u2705 pass"}


def render(checked: Sequence[Checked], budget: str) -> str:
    failed = sum(len(c.failed) for c in checked)
    total = sum(len(c.verdicts) for c in checked)
    title = f"{failed} of {total} limits exceeded" if failed else f"All {total} limits kept"
    parts = [f"### {title}", f"Budget {code(budget)}."]
    for bundle in checked:
        head = "| | figure | value | limit | basis | since baseline | |\n|---|---|--:|--:|---|--:|---|"
        rows = [_row(v) for v in bundle.verdicts]
        parts.append(f"**{cell(bundle.target)}** {code(bundle.bundle)}\n\n" + "\n".join([head, *rows]))
    return "\n\n".join(parts) + "\n"


def _row(verdict: Verdict) -> str:
    unit = verdict.unit
    return "| {} |".format(
        " | ".join(
            (
                _MARKS[verdict.status],
                code(verdict.figure),
                DASH if verdict.value is None else show(verdict.value, unit),
                verdict.rule,
                str(verdict.basis or DASH),
                _change(verdict),
                cell("; ".join(part for part in (verdict.message, blame(verdict)) if part)),
            )
        )
    )


def _change(verdict: Verdict) -> str:
    if verdict.change is None:
        return DASH
    return show_change(verdict.change, verdict.unit) if verdict.change else "="
