"""Take times that were measured on the device into a bundle's report."""

from pathlib import Path

import click


@click.command()
@click.argument("bundle", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--trtexec",
    "exports",
    multiple=True,
    required=True,
    type=click.Path(path_type=Path),
    help="A file of trtexec's --exportTimes or --exportProfile, as the bundle's benchmark.sh writes them.",
)
@click.option("--layers", default=10, show_default=True, help="Of a profile, how many of the slowest to show.")
def command(bundle: Path, exports: tuple[Path, ...], layers: int) -> None:
    """Read what was measured of BUNDLE on its device, and keep it beside the bundle: the report and gates then use it.

    Figures of the same name that were measured there before are replaced. The bundle itself does not change.
    """
    from packager.cli._table import show_table
    from packager.report.load import load_report
    from packager.report.measured import add_measured
    from packager.report.text import show, visible
    from packager.report.trtexec import read_export

    target = load_report(bundle).target.name
    found = [read_export(path, target=target) for path in exports]
    figures = [figure for export in found for figure in export.figures]
    if figures:
        path = add_measured(bundle, figures)
        show_table(("figure", ">value", "source"), [(f.name, show(f.value, f.unit), f.source) for f in figures])
        click.echo(f"kept in {path}", err=True)
    for export in found:
        if export.layers:
            rows = [(f"{x.average_ms:.4f}", f"{x.share:.1f}", visible(x.name)) for x in export.layers[:layers]]
            show_table((">ms", ">%", "layer of the engine"), rows)
