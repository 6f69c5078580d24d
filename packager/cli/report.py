"""Write a bundle's report as HTML, Markdown or JSON."""

import json
from pathlib import Path

import click

from packager.errors import ConfigError
from packager.report.views import render_view, view_formats

_ESTIMATE = "runtime/hls/estimate.json"


@click.command()
@click.argument("bundle", type=click.Path(path_type=Path))
@click.option(
    "--format", "form", type=click.Choice(view_formats()), default="markdown", show_default=True, help="Of the report."
)
@click.option(
    "--hls-reports",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Take in the reports of Vitis HLS and Vivado below DIR, and keep them beside the bundle.",
)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="A file; standard output where not given.")
def command(bundle: Path, form: str, hls_reports: Path | None, output: Path | None) -> None:
    """Write the report of BUNDLE: a bundle's folder, its .tar.gz, or a report.json.

    What was measured on this machine and lies beside the bundle is in it.
    """
    from packager.report.load import load_report

    if hls_reports is not None:
        _take_in(bundle, hls_reports)
    text = render_view(form, load_report(bundle))
    if output is None:
        click.echo(text.encode("utf-8"), nl=False)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{output}: {error.strerror}", hint="give another path with -o") from None


def _take_in(bundle: Path, folder: Path) -> None:
    """Replace what was read back before; simulated cycles stay. Learn from reports of single processes."""
    from packager.config.profile import load_profile, profile_names
    from packager.emit.hls import TOP
    from packager.figure import Basis
    from packager.report.hls_reports import read_hls_reports
    from packager.report.load import load_report
    from packager.report.measured import read_measured, write_measured

    target = load_report(bundle).target
    whole = bundle.absolute()
    if target.family != "fpga" or whole.name == "report.json":
        raise ConfigError(f"{bundle}: no FPGA bundle", hint="--hls-reports is for a bundle's folder or its .tar.gz")
    part = load_profile(target.name).fpga if target.name in profile_names() else None
    figures = read_hls_reports(folder, top=TOP, part=part.part if part else "")
    beside = whole.with_name(whole.name.removesuffix(".tar.gz"))
    names = {figure.name for figure in figures}
    kept = [f for f in read_measured(beside) if f.basis is Basis.SIMULATED or f.name not in names]
    write_measured(beside, (*kept, *figures))
    _refit(whole, beside, folder)


def _refit(bundle: Path, beside: Path, folder: Path) -> None:
    """Write factors on the estimates beside the bundle, where there are reports of its single processes."""
    from packager.plan.fpga_fit import compared, fit_text, learn
    from packager.report.hls_reports import read_processes

    path = bundle / _ESTIMATE
    if not path.is_file():
        return
    rows = json.loads(path.read_text("utf-8"))["processes"]
    found = read_processes(folder, [row["process"] for row in rows])
    if not found:
        click.echo("no reports of single processes (run_*_csynth.xml): the estimates are not refitted", err=True)
        return
    fit = learn(rows, found, f"{bundle.name}, {len(found)} of {len(rows)} processes")
    target = beside.with_name(f"{beside.name}.fit.json")
    target.write_text(fit_text(fit), encoding="utf-8")
    for line in compared(rows, found):
        click.echo(line, err=True)
    click.echo(f"{target}: factors for the next build; name it as fit in a recipe's [fpga]", err=True)
