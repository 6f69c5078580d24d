"""What several commands share: JSON to stdout, findings to stderr."""

import json
from collections.abc import Iterable
from typing import Any

import click

from packager.errors import Diagnostic
from packager.report.text import brief

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document and nothing else.")


def echo_json(document: Any) -> None:
    """Print one JSON document to stdout: keys in the order given, numbers that JSON has."""
    click.echo(json.dumps(document, indent=2, allow_nan=False))


def echo_diagnostics(found: Iterable[Diagnostic]) -> None:
    """Print findings to stderr, one a line, with the severity in front, names that converters joined cut short."""
    for diagnostic in found:
        click.echo(f"{diagnostic.severity}: {brief(str(diagnostic))}", err=True)
