"""Check a bundle's files against its manifest, and run its golden vectors again."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from packager.cli._bundles import bundle_argument, opened
from packager.cli._common import echo_json, json_option
from packager.cli._progress import progress
from packager.errors import IntegrityError

if TYPE_CHECKING:
    from packager.bundle import Manifest
    from packager.measure.golden import Outcome


@click.command()
@bundle_argument
@json_option
def command(bundle: Path, as_json: bool) -> None:  # noqa: FBT001 - click passes by name
    """Check every file of BUNDLE against its manifest, then run its golden vectors with the engines that are here.

    BUNDLE is a bundle's folder or its .tar.gz. Exit code 4 where a file or an output differs.
    """
    from packager.bundle import read_manifest, verify_files

    with opened(bundle) as folder:
        manifest = read_manifest(folder)
        if problems := verify_files(folder, manifest):
            lines = "".join(f"\n  - {problem}" for problem in problems[1:])
            raise IntegrityError(f"{bundle}: {problems[0]}{lines}", hint="build or fetch the bundle again")
        outcomes = list(_run_again(folder, manifest))
    if as_json:
        echo_json(_document(manifest, outcomes))
    else:
        _show(manifest, outcomes)
    if wrong := [outcome for outcome in outcomes if outcome.difference]:
        lines = "".join(f"\n  - {outcome.engine}: {outcome.difference}" for outcome in wrong)
        raise IntegrityError(f"{bundle}: the golden vectors do not come out{lines}", hint=wrong[0].hint)


def _run_again(folder: Path, manifest: "Manifest") -> Iterator["Outcome"]:
    from packager.measure.golden import check_golden

    with progress() as step:
        step("golden vectors")
        yield from check_golden(folder, manifest)


def _document(manifest: "Manifest", outcomes: list["Outcome"]) -> dict[str, object]:
    return {
        "bundle": manifest.stem,
        "files": len(manifest.files),
        "golden": [
            {"engine": o.engine, "count": o.count, "difference": o.difference, "skipped": o.skipped} for o in outcomes
        ],
    }


def _show(manifest: "Manifest", outcomes: list["Outcome"]) -> None:
    click.echo(f"{manifest.stem}: {len(manifest.files)} files are what the manifest says")
    for outcome in outcomes:
        if outcome.skipped:
            click.echo(f"  {outcome.engine}: not run: {outcome.skipped}")
        elif not outcome.difference:
            click.echo(f"  {outcome.engine}: {outcome.count} golden vectors come out")
    if not outcomes:
        click.echo("  no golden vectors in it")
