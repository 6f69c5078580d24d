"""Verdicts as one JSON document."""

from collections.abc import Sequence

from packager.report._codec import dumps, encode
from packager.report.gates import Checked


def render(checked: Sequence[Checked], budget: str) -> str:
    document = {
        "schema": 1,
        "passed": not any(c.failed for c in checked),
        "budget": budget,
        "bundles": [
            {"bundle": c.bundle, "target": c.target, "passed": not c.failed, "verdicts": encode(c.verdicts)}
            for c in checked
        ],
    }
    return dumps(document).decode("ascii")
