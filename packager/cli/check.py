"""Hold bundles against a budget, and exit 3 where one is exceeded."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from packager.errors import BudgetExceededError, ConfigError
from packager.report.gates import Checked, gate_formats, render_gate

if TYPE_CHECKING:
    from packager.config.budget import Budget
    from packager.report.model import Report

_COLOURS = {"FAIL": "red", "warn": "yellow", "skip": "cyan", "ok": "green"}


@click.command()
@click.argument("bundles", nargs=-1, required=True, metavar="BUNDLE...", type=click.Path(path_type=Path))
@click.option("--budget", "budget_path", required=True, type=click.Path(path_type=Path), help="The limits, in TOML.")
@click.option(
    "--baseline",
    "baselines",
    multiple=True,
    type=click.Path(path_type=Path),
    help="A bundle to measure changes from; once for each target.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(gate_formats()),
    default="text",
    show_default=True,
    help="For people or for a CI.",
)
def command(bundles: tuple[Path, ...], budget_path: Path, baselines: tuple[Path, ...], form: str) -> None:
    """Hold each BUNDLE (folder, .tar.gz or report.json) against the limits of its target.

    The unsafe end of an estimate's band counts, and a figure that the report lacks fails. Exit code 3 where a limit is
    exceeded.
    """
    from packager.config.budget import load_budget
    from packager.report.check import check
    from packager.report.load import load_report

    budget = load_budget(budget_path)
    reports = [load_report(path) for path in bundles]
    before = _by_target(baselines, [load_report(path) for path in baselines], reports)
    _warn(budget, reports)
    checked = [
        Checked(
            bundle=str(path),
            target=report.target.name,
            verdicts=check(report, budget, before.get(report.target.name)),
        )
        for path, report in zip(bundles, reports, strict=True)
    ]
    text = render_gate(form, checked, str(budget_path))
    click.echo(_coloured(text) if form == "text" else text, nl=False)
    _raise_for(checked)


def _by_target(
    paths: tuple[Path, ...], baselines: Sequence["Report"], reports: Sequence["Report"]
) -> dict[str, "Report"]:
    """Baselines by target; one that belongs to no bundle is a mistake, not a thing to leave aside."""
    known = {report.target.name for report in reports}
    found: dict[str, Report] = {}
    for path, baseline in zip(paths, baselines, strict=True):
        target = baseline.target.name
        if target not in known:
            raise ConfigError(
                f"{path}: the baseline is of target {target!r}, the bundles of {', '.join(sorted(known))}",
                hint="give a baseline of the same target",
            )
        if target in found:
            raise ConfigError(f"{path}: a second baseline for target {target!r}", hint="give one for each target")
        found[target] = baseline
    return found


def _warn(budget: "Budget", reports: Sequence["Report"]) -> None:
    from packager.config.profile import profile_names
    from packager.report.check import unknown_targets

    known = {*profile_names(), *(r.target.name for r in reports), *(r.target.family for r in reports)}
    for sentence in unknown_targets(budget, known):
        click.echo(f"warning: {sentence}", err=True)


def _coloured(text: str) -> str:
    from packager.cli._table import paint

    lines = []
    for line in text.splitlines():
        word = line.split(maxsplit=1)[0] if line.startswith("  ") and not line.startswith("   ") else ""
        lines.append(line.replace(word, paint(word, _COLOURS[word]), 1) if word in _COLOURS else line)
    return "\n".join(lines) + "\n"


def _raise_for(checked: Sequence[Checked]) -> None:
    from packager.report.text import visible

    failed = [c for c in checked if c.failed]
    if failed:
        count = sum(len(c.failed) for c in failed)
        names = ", ".join(dict.fromkeys(f"{visible(c.target)}: {v.figure}" for c in failed for v in c.failed))
        raise BudgetExceededError(
            f"{count} {'limit' if count == 1 else 'limits'} exceeded ({names})",
            hint="`edgepack report` shows each layer's share; `--baseline` shows which one moved",
        )
