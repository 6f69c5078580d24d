"""Verdicts as GitHub's workflow commands: an annotation for each failure, then each warning.

GitHub shows ten annotations of a kind for each step, so of more failures the tenth stands for the rest; the Markdown
format has them all. Syntax: docs.github.com, "Workflow commands for GitHub Actions".
"""

from collections.abc import Sequence

from packager.report.check import Status, story
from packager.report.gates import Checked

_SHOWN = 10
_KINDS = {Status.FAIL: "error", Status.WARN: "warning"}


def render(checked: Sequence[Checked], budget: str) -> str:
    lines = []
    for status, kind in _KINDS.items():
        found = [(c, v) for c in checked for v in c.verdicts if v.status is status]
        keep = len(found) if len(found) <= _SHOWN else _SHOWN - 1
        lines += [
            _command(kind, budget, f"{c.target}: {v.figure}", f"{story(v)}\nin {c.bundle}") for c, v in found[:keep]
        ]
        if rest := found[keep:]:
            names = ", ".join(f"{c.target}: {v.figure}" for c, v in rest)
            lines.append(_command(kind, budget, f"{len(rest)} more limits", names))
    total = sum(len(c.verdicts) for c in checked)
    failed = sum(len(c.failed) for c in checked)
    lines.append(_command("notice", budget, "edgepack check", f"{failed} of {total} limits exceeded"))
    return "\n".join(lines) + "\n"


def _command(kind: str, file: str, title: str, message: str) -> str:
    return f"::{kind} file={_property(file)},title={_property(title)}::{_data(message)}"


def _data(text: str) -> str:
    """Escaped as the runner unescapes it: a raw line break would end the command and could start another."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
