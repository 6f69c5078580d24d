"""Write a bundle's report as HTML, Markdown or JSON."""

from pathlib import Path

import click

from packager.errors import ConfigError
from packager.report.views import render_view, view_formats


@click.command()
@click.argument("bundle", type=click.Path(path_type=Path))
@click.option(
    "--format", "form", type=click.Choice(view_formats()), default="markdown", show_default=True, help="Of the report."
)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="A file; standard output where not given.")
def command(bundle: Path, form: str, output: Path | None) -> None:
    """Write the report of BUNDLE: a bundle's folder, its .tar.gz, or a report.json.

    What was measured on this machine and lies beside the bundle is in it.
    """
    from packager.report.load import load_report

    text = render_view(form, load_report(bundle))
    if output is None:
        click.echo(text.encode("utf-8"), nl=False)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{output}: {error.strerror}", hint="give another path with -o") from None
