"""Time a bundle's artifact on this machine, or count an FPGA design's cycles; its report takes the figures in."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from packager.cli._common import echo_json, json_option
from packager.errors import ConfigError

if TYPE_CHECKING:
    from packager.bundle import Manifest
    from packager.figure import Figure


@click.command()
@click.argument("bundle", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--seconds", type=click.FloatRange(0.05, 600), default=2.0, show_default=True, help="To spend, about.")
@click.option("--threads", type=click.IntRange(1, 256), default=1, show_default=True, help="For the kernels.")
@click.option(
    "--on",
    type=click.Choice(["host", "qemu"]),
    default="host",
    show_default=True,
    help="This machine, for time; or the target's CPU under qemu-user, for the C runtime's instructions.",
)
@json_option
def command(bundle: Path, seconds: float, threads: int, on: str, as_json: bool) -> None:  # noqa: FBT001 - click passes by name
    """Measure BUNDLE, a bundle's folder: the times of its C runtime or of LiteRT here, or simulated FPGA cycles.

    `--on qemu` counts the instructions of the target's own program instead, which are no time.

    The figures lie beside the bundle, as BUNDLE.measured.json; `edgepack report` and `check` take them in.
    """
    from packager.bundle import read_manifest
    from packager.measure.instructions import count_instructions
    from packager.report._codec import encode
    from packager.report.measured import write_measured
    from packager.report.text import show_figure

    manifest = read_manifest(bundle)
    if on == "qemu":
        figures = count_instructions(bundle, bundle / manifest.artifact)
    else:
        figures = _timed(bundle, manifest, seconds, threads)
    write_measured(bundle, figures)
    if as_json:
        echo_json({"figures": [encode(figure) for figure in figures]})
        return
    width = max((len(figure.name) for figure in figures), default=0)
    for figure in figures:
        click.echo(f"{figure.name:{width}} {show_figure(figure):>12}  {figure.basis}: {figure.source}")


def _timed(bundle: Path, manifest: "Manifest", seconds: float, threads: int) -> tuple["Figure", ...]:
    from packager.measure.engines import find_bench

    bench = find_bench(manifest.engine)
    if bench is None:
        raise ConfigError(
            f"{bundle}: the time of {manifest.engine} on this machine says nothing about {manifest.target}",
            hint="measure on the device; the bundle's runtime/README.md says how",
        )
    return bench(bundle, bundle / manifest.artifact, seconds, threads)
