"""The documents on the report and the budget say what the code does."""

import re
from pathlib import Path

import pytest
from report.sample import SAMPLE

from packager.config.budget import parse_budget
from packager.config.figures import figure_kinds
from packager.report.gates import gate_formats

DOCS = Path(__file__).parents[2] / "docs"


def test_every_figure_is_in_the_table_and_no_other() -> None:
    text = (DOCS / "report.md").read_text("utf-8")
    rows = re.findall(r"^\| `([a-z0-9_.]+)` \| (\S+) \| (.*) \|$", text, re.MULTILINE)
    assert rows == [(name, kind.unit, kind.title) for name, kind in figure_kinds().items()]


def test_the_described_keys_are_those_of_the_document() -> None:
    text = (DOCS / "report.md").read_text("utf-8")
    document = SAMPLE.to_dict()
    for key, value in document.items():
        assert f'"{key}"' in text
        row = value[0] if isinstance(value, list) else value
        assert all(f'"{k}"' in text for k in (row if isinstance(row, dict) else ())), key


@pytest.mark.parametrize("block", re.findall(r"```toml\n(.*?)```", (DOCS / "budgets.md").read_text("utf-8"), re.DOTALL))
def test_example_budgets_are_valid(block: str) -> None:
    budget = parse_budget(block, source="budgets.md")
    assert {limit.max for limit in budget.limits("raspberrypi-zero-2w", "raspberrypi")} >= {20.0, 65_536.0}


def test_every_format_is_named() -> None:
    usage = (DOCS / "budgets.md").read_text("utf-8").split("--format ")[1].split("]")[0]
    assert sorted(usage.split("|")) == gate_formats()
