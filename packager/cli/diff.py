"""Compare two bundles: which figure moved, and which layer moved it most."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from packager.cli._common import echo_json, json_option

if TYPE_CHECKING:
    from packager.report.model import Report
    from packager.report.movement import Movement


@click.command()
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path))
@click.option("--all", "everything", is_flag=True, help="Show the figures that did not move as well.")
@json_option
def command(old: Path, new: Path, everything: bool, as_json: bool) -> None:  # noqa: FBT001 - click passes by name
    """Compare the reports of OLD and NEW: folders, .tar.gz archives or report.json files."""
    from packager.report.load import load_report
    from packager.report.movement import movements

    before, after = load_report(old), load_report(new)
    found = movements(before, after)
    if as_json:
        echo_json({"old": _who(before), "new": _who(after), "figures": [_document(m) for m in found]})
        return
    click.echo(f"{_title(before)} -> {_title(after)}")
    moved = [m for m in found if everything or m.change != 0]
    if not moved:
        click.echo(f"none of {len(found)} figures moved")
        return
    _show(moved)
    if still := len(found) - len(moved):
        click.echo(f"{still} figures did not move")


def _show(moved: list["Movement"]) -> None:
    from packager.cli._table import show_table

    show_table(("figure", ">old", ">new", ">change", "moved most by"), [_row(m) for m in moved])
    for movement in moved:
        if movement.old and movement.new and not movement.comparable:
            was, now = movement.old, movement.new
            click.echo(
                f"note: {movement.name} was {was.basis} ({was.source}), now {now.basis} ({now.source})", err=True
            )


def _row(movement: "Movement") -> tuple[str, ...]:
    from packager.report.text import DASH, show_change, show_figure, visible

    change = movement.change
    text = DASH if change is None else show_change(change, movement.unit)
    if movement.relative:
        text += f" ({movement.relative:+.1%})"
    mover = movement.mover
    return (
        visible(movement.name),
        show_figure(movement.old) if movement.old else DASH,
        show_figure(movement.new) if movement.new else DASH,
        text,
        f"{mover.name} {show_change(mover.change, mover.unit)}" if mover else "",
    )


def _document(movement: "Movement") -> dict[str, Any]:
    import dataclasses

    return {
        "name": movement.name,
        "unit": movement.unit,
        "old": dataclasses.asdict(movement.old) if movement.old else None,
        "new": dataclasses.asdict(movement.new) if movement.new else None,
        "change": movement.change,
        "relative": movement.relative,
        "comparable": movement.comparable,
        "mover": dataclasses.asdict(movement.mover) if movement.mover else None,
    }


def _who(report: "Report") -> dict[str, str]:
    return {"model": report.model.name, "sha256": report.model.sha256, "target": report.target.name}


def _title(report: "Report") -> str:
    from packager.report.text import visible

    return f"{visible(report.model.name)} for {visible(report.target.name)}"
