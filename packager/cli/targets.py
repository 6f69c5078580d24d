"""List what can be built for, and what a profile says."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from packager.cli._common import echo_json, json_option

if TYPE_CHECKING:
    from packager.config.profile import Profile


@click.command()
@click.argument("name", required=False)
@json_option
def command(name: str | None, as_json: bool) -> None:  # noqa: FBT001 - click passes by name
    """List the targets, or show one by NAME; a path ending in .toml shows a board of your own."""
    import dataclasses

    from packager.config.profile import load_profile, profile_names

    if name is not None:
        profile = load_profile(name)
        if as_json:
            echo_json({"target": dataclasses.asdict(profile)})
        else:
            _show(profile)
        return
    profiles = [load_profile(known) for known in profile_names()]
    if as_json:
        echo_json({"targets": [dataclasses.asdict(profile) for profile in profiles]})
    else:
        _list(profiles)


def _list(profiles: list["Profile"]) -> None:
    from packager.cli._table import show_table

    show_table(("target", "family", "board"), [(p.name, p.family, p.title) for p in profiles])
    click.echo("\n`edgepack targets NAME` shows a profile; a board of your own is a TOML file: --target ./board.toml")


def _show(profile: "Profile") -> None:
    import dataclasses

    rows = list(_rows(dataclasses.asdict(profile)))
    width = max(len(key) for key, _ in rows)
    for key, value in rows:
        mark = "  (no source confirms it)" if key in profile.unverified else ""
        click.echo(f"{key:<{width}}  {value}{mark}")
    click.echo("sources" if profile.sources else "no sources")
    for line in profile.sources:
        click.echo(f"  {line}")


def _rows(table: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Every fact of a profile on a line of its own, nested ones with their path."""
    for key, value in table.items():
        if key in ("sources", "unverified") or value in (None, "", (), {}):
            continue
        if isinstance(value, dict):
            yield from _rows(value, f"{prefix}{key}.")
        else:
            yield prefix + key, _text(key, value)


def _text(key: str, value: Any) -> str:
    from packager.util.text import human_bytes

    if key.endswith("_bytes"):
        return f"{value} ({human_bytes(value)})"
    if isinstance(value, (tuple, list)):
        return ", ".join(str(v) for v in value)
    return str(value).lower() if isinstance(value, bool) else str(value)
