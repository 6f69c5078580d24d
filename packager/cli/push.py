"""Store a bundle in a registry."""

from pathlib import Path

import click

from packager.cli._bundles import bundle_argument, opened
from packager.cli._common import echo_json, json_option


@click.command()
@bundle_argument
@click.argument("registry")
@click.option("--force", is_flag=True, help="Replace another bundle of the same name, version and target.")
@json_option
def command(bundle: Path, registry: str, force: bool, as_json: bool) -> None:  # noqa: FBT001 - click passes by name
    """Store BUNDLE, a folder or a .tar.gz, in REGISTRY under its name, version and target.

    REGISTRY is dir:PATH, a plain directory; a new or empty one becomes a registry. Every file is checked against the
    bundle's manifest first.
    """
    import dataclasses

    from packager.registry import open_registry

    store = open_registry(registry)
    with opened(bundle) as folder:
        pushed = store.push(folder, force=force)
    if as_json:
        echo_json(dataclasses.asdict(pushed))
        return
    what = f"{pushed.files} new files" if pushed.changed else "nothing new"
    click.echo(f"{registry}/{pushed.name}:{pushed.version} for {pushed.target}: {what}, manifest {pushed.digest[:12]}")
