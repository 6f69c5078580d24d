"""Say which outside tools are here, and what each missing one costs."""

import click

from packager.cli._common import echo_json, json_option


@click.command()
@json_option
def command(as_json: bool) -> None:  # noqa: FBT001 - click passes by name
    """Look for the outside tools that EdgePack can use. None is needed to build from a .tflite model."""
    import dataclasses

    from packager.measure.tools import find_tools

    found = find_tools()
    if as_json:
        echo_json({"tools": [dataclasses.asdict(tool) for tool in found]})
        return
    width = max(len(tool.name) for tool in found)
    for tool in found:
        state = f"{tool.version or 'version unknown'}  {tool.path}" if tool.path else f"missing: {tool.costs}"
        click.echo(f"{tool.name:{width}}  {state}")
