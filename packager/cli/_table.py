"""Rows for people: a table that fits the terminal, or plain aligned columns where nobody looks."""

import os
import sys
from collections.abc import Sequence

import click


def show_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows below their headings; a heading with ``>`` in front is of a column of numbers.

    On a terminal `rich` folds the last column where it is too wide. Elsewhere nothing is cut, so that `grep` finds it.
    """
    if sys.stdout.isatty():
        _rich(head, rows)
        return
    names = [h.removeprefix(">") for h in head]
    widths = [max(len(row[i]) for row in (names, *rows)) for i in range(len(head))]
    for row in (names, *rows):
        cells = zip(row, widths, head, strict=True)
        click.echo("  ".join(f"{c:>{w}}" if h.startswith(">") else f"{c:<{w}}" for c, w, h in cells).rstrip())


def paint(text: str, colour: str) -> str:
    """Colour a text; click drops colour where stdout is no terminal, and NO_COLOR (no-color.org) is heard."""
    return text if os.environ.get("NO_COLOR") else click.style(text, fg=colour)


def _rich(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in head:
        table.add_column(
            name.removeprefix(">"),
            justify="right" if name.startswith(">") else "left",
            no_wrap=name is not head[-1],
            overflow="fold",
        )
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    Console(highlight=False).print(table)
