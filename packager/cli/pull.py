"""Fetch a bundle from a registry."""

from pathlib import Path

import click

from packager.cli._common import echo_json, json_option


@click.command()
@click.argument("reference")
@click.option("--target", default="", help="Which target's bundle; needed where there are several.")
@click.option(
    "-o", "--out", type=click.Path(file_okay=False, path_type=Path), default=Path(), help="Folder to put it in."
)
@json_option
def command(reference: str, target: str, out: Path, as_json: bool) -> None:  # noqa: FBT001 - click passes by name
    """Fetch the bundle that REFERENCE names: dir:PATH/NAME, or dir:PATH/NAME:VERSION.

    Without a version it is the newest release that has the target. Every file is checked against its digest; the
    bundle's folder appears in the output folder whole or not at all, and its path is printed.
    """
    from packager.registry import open_registry, parse_reference

    wanted = parse_reference(reference)
    folder = open_registry(wanted.registry).pull(wanted.name, wanted.version, target, out)
    if as_json:
        echo_json({"bundle": str(folder)})
    else:
        click.echo(folder)
