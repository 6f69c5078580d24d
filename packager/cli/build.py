"""Build one bundle per target from a trained model."""

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from packager.cli._common import echo_diagnostics, echo_json, json_option
from packager.cli._progress import progress
from packager.config.project import FILE, Project, load_project
from packager.config.request import BuildRequest
from packager.errors import ConfigError

if TYPE_CHECKING:
    from packager.build import BuildResult


def _shape(text: str) -> tuple[str, tuple[int, ...]]:
    name, equals, sizes = text.rpartition("=")
    try:
        shape = tuple(int(size) for size in sizes.split(","))
    except ValueError:
        raise ConfigError(f"--input-shape {text!r}: sizes must be whole numbers", hint="write NAME=1,49,10,1") from None
    if any(size < 1 for size in shape):
        raise ConfigError(f"--input-shape {text!r}: sizes must be at least 1", hint="write NAME=1,49,10,1")
    return name if equals else "", shape


@click.command()
@click.argument("model", required=False, type=click.Path(path_type=Path))
@click.option("--target", "targets", multiple=True, metavar="NAME", help="What to build for; may be repeated.")
@click.option("--calibration", metavar="FILE", help="Typical inputs: .npz, .npy, a folder of .npy, or 'random'.")
@click.option("--eval", "evaluation", metavar="FILE", type=click.Path(path_type=Path), help="Inputs with labels 'y'.")
@click.option("--train", metavar="FILE", type=click.Path(path_type=Path), help="What steps that train learn from.")
@click.option("--recipe", metavar="NAME", help="How to quantize: a shipped recipe or a .toml file.")
@click.option(
    "--arithmetic", metavar="NAME", help="xnnpack or integer, fast17 for FPGAs; each target has its own default."
)
@click.option(
    "--budget", metavar="FILE", type=click.Path(path_type=Path), help="Limits; exit code 3 where one is over."
)
@click.option("--name", metavar="NAME", help="Of the bundles; the model file's by default.")
@click.option("--version", "version", metavar="VERSION", help="Of the bundles; 0.1.0 by default.")
@click.option("--inputs", metavar="TYPE", help="Type of the model's inputs: int8, uint8, int16, float32.")
@click.option("--outputs", metavar="TYPE", help="Type of the model's outputs.")
@click.option("--input-shape", "shapes", multiple=True, metavar="[NAME=]1,H,W,C", help="For dynamic dimensions.")
@click.option("--cut-at", metavar="NAME", multiple=True, help="End the graph at this tensor; may be repeated.")
@click.option("--seed", type=int, help="For --calibration random; 0 by default.")
@click.option("--prune", metavar="S", help="Prune a share of the work: 0.3; or a .toml of steps.")
@click.option(
    "--max-drop", type=float, metavar="POINTS", help="Accuracy that the steps of --prune may cost; needs --eval."
)
@click.option("--frames-per-second", type=float, metavar="N", help="Enough of an FPGA; at least cost, not flat out.")
@click.option("--c-prefix", metavar="NAME", help="What names of the C runtime begin with; model by default.")
@click.option("--keep-dead-channels", is_flag=True, help="Keep channels that can't change the output.")
@click.option("--no-measure", is_flag=True, help="Don't time the artifacts on this machine.")
@click.option("-o", "--out", metavar="DIR", type=click.Path(path_type=Path), help="Where bundles go; dist by default.")
@json_option
def command(model: Path | None, as_json: bool, no_measure: bool, shapes: tuple[str, ...], **flags: Any) -> None:  # noqa: FBT001 - click passes options by name
    """Build one bundle per target from MODEL: .tflite, .keras, .h5, .onnx, .pt2, .pt or a SavedModel folder.

    Without MODEL, the options come from edgepack.toml in this folder; flags win over it.
    """
    from packager.build import build

    project = load_project(Path(FILE)) if model is None else Project()
    request = _request(project, model, flags, shapes, measure=not no_measure)
    with progress(5 + 3 * len(request.targets)) as step:
        result = build(request, step)
    if as_json:
        echo_json(result.to_dict())
    else:
        _show(result)
    result.gate()


def _request(
    project: Project, model: Path | None, flags: dict[str, Any], shapes: tuple[str, ...], *, measure: bool
) -> BuildRequest:
    def pick(flag: str, key: str = "") -> Any:
        given = flags[flag]
        return given if given not in (None, ()) else getattr(project, key or flag)

    if model is None and not project.model:
        raise ConfigError(f"{FILE}: missing 'model'", hint="name the model file, relative to the file")
    evaluation, train, budget = pick("evaluation", "eval"), pick("train"), pick("budget")
    return BuildRequest(
        model=model or Path(project.model),
        targets=tuple(pick("targets")),
        out=Path(pick("out")),
        calibration=pick("calibration"),
        train=Path(train) if train else None,
        eval=Path(evaluation) if evaluation else None,
        recipe=pick("recipe"),
        arithmetic=pick("arithmetic"),
        budget=Path(budget) if budget else None,
        name=pick("name"),
        version=pick("version"),
        input_shapes={**project.input_shapes, **dict(_shape(text) for text in shapes)},
        cut_at=tuple(pick("cut_at")),
        inputs=pick("inputs"),
        outputs=pick("outputs"),
        keep_dead=flags["keep_dead_channels"] or project.keep_dead_channels,
        prune=pick("prune"),
        max_drop=pick("max_drop"),
        c_prefix=pick("c_prefix"),
        measure=measure,
        seed=pick("seed"),
        frames_per_second=pick("frames_per_second"),
    )


_WARNINGS = 3
"""So many of a bundle are printed; all are in its report."""


def _show(result: "BuildResult") -> None:
    """Print each bundle's place and its key figures, a line each."""
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    echo_diagnostics(result.notes)
    for built in result.bundles:
        rows = built.summary()
        title, value, band = (max(len(row[column]) for row in rows) for column in range(3))
        click.echo(f"{built.target}: {built.path}")
        for row in rows:
            click.echo(f"  {row[0]:{title}}  {row[1]:>{value}}  {row[2]:{band}}  {row[3]}"[:width].rstrip())
        warnings = built.warnings()
        for text in warnings[:_WARNINGS]:
            click.echo(f"  warning: {text}", err=True)
        if (more := len(warnings) - _WARNINGS) > 0:
            click.echo(f"  warning: {more} more in the report", err=True)
        click.echo(f"  report: {built.page}")
