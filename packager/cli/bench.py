"""Time a bundle's artifact on this machine, or count an FPGA design's cycles; its report takes the figures in."""

from pathlib import Path

import click

from packager.cli._common import echo_json, json_option
from packager.errors import ConfigError


@click.command()
@click.argument("bundle", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--seconds", type=click.FloatRange(0.05, 600), default=2.0, show_default=True, help="To spend, about.")
@click.option("--threads", type=click.IntRange(1, 256), default=1, show_default=True, help="For the kernels.")
@json_option
def command(bundle: Path, seconds: float, threads: int, as_json: bool) -> None:  # noqa: FBT001 - click passes by name
    """Measure BUNDLE, a bundle's folder, with the engine that runs it here: LiteRT's times, or simulated FPGA cycles.

    The figures lie beside the bundle, as BUNDLE.measured.json; `edgepack report` and `check` take them in.
    """
    from packager.bundle import read_manifest
    from packager.measure.engines import find_bench
    from packager.report._codec import encode
    from packager.report.measured import write_measured
    from packager.report.text import show_figure

    manifest = read_manifest(bundle)
    bench = find_bench(manifest.engine)
    if bench is None:
        raise ConfigError(
            f"{bundle}: the time of {manifest.engine} on this machine says nothing about {manifest.target}",
            hint="measure on the device; the bundle's runtime/README.md says how",
        )
    figures = bench(bundle, bundle / manifest.artifact, seconds, threads)
    write_measured(bundle, figures)
    if as_json:
        echo_json({"figures": [encode(figure) for figure in figures]})
        return
    for figure in figures:
        click.echo(f"{figure.name:16} {show_figure(figure):>12}  {figure.basis}: {figure.source}")
