"""Show the operators, shapes, types, quantization and sizes of a model or bundle."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from packager.cli._common import echo_json, json_option
from packager.cli._inspected import show_bundle, show_model
from packager.errors import ConfigError

if TYPE_CHECKING:
    from packager.report.inspection import ModelInspection


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--target", help="Say where each operator of the file as it stands would run, and why.")
@click.option(
    "--input-shape",
    "shapes",
    multiple=True,
    metavar="[NAME=]1,96,96,3",
    help="The shape of an input with open dimensions.",
)
@click.option("--tpus", type=click.IntRange(1), metavar="N", help="Plan the model over N Edge TPUs of the target.")
@click.option(
    "--beside",
    "others",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Plan it on one Edge TPU together with FILE, which comes second; may be repeated.",
)
@json_option
def command(
    file: Path,
    target: str | None,
    shapes: tuple[str, ...],
    tpus: int | None,
    others: tuple[Path, ...],
    as_json: bool,  # noqa: FBT001 - click
) -> None:
    """Show what FILE holds: a model in any format that EdgePack reads, or a bundle. Nothing is built."""
    from packager.report.inspection import inspect_bundle, is_bundle

    if is_bundle(file):
        if target:
            raise ConfigError(f"{file}: a bundle is for one target already", hint="inspect the model file in it")
        bundle = inspect_bundle(file)
        if as_json:
            echo_json(bundle.to_dict())
        else:
            show_bundle(bundle)
        return
    if (tpus or others) and not target:
        raise ConfigError("--tpus and --beside need a --target", hint="--target coral")
    model = _inspect(file, target, _shapes(shapes), _Plans(tpus=tpus, others=others))
    if as_json:
        echo_json(model.to_dict())
    else:
        show_model(model, target)


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class _Plans:
    """What was asked about several Edge TPUs or several models."""

    tpus: int | None
    others: tuple[Path, ...]


def _inspect(file: Path, target: str | None, shapes: Mapping[str, tuple[int, ...]], plans: _Plans) -> "ModelInspection":
    from packager.cli._progress import progress
    from packager.config.profile import load_profile
    from packager.frontends import ReadOptions, read_model
    from packager.report.inspection import inspect_model
    from packager.report.placement import place
    from packager.report.tpus import pipeline_of, shared_of

    profile = load_profile(target) if target else None
    with progress() as step:
        step("reading the model")
        source = read_model(file, ReadOptions(input_shapes=shapes))
        found = inspect_model(source, place(source.model, profile) if profile else None)
        if profile and plans.tpus:
            found = dataclasses.replace(found, pipeline=pipeline_of(source.model, profile, plans.tpus))
        if profile and plans.others:
            models = [source.model, *(read_model(other, ReadOptions()).model for other in plans.others)]
            found = dataclasses.replace(found, shared=shared_of(models, profile))
        return found


def _shapes(texts: tuple[str, ...]) -> dict[str, tuple[int, ...]]:
    found = {}
    for text in texts:
        name, _, shape = text.rpartition("=")
        sizes = shape.replace("x", ",").split(",")
        if not all(size.strip().isdecimal() and int(size) > 0 for size in sizes):
            raise ConfigError(f"--input-shape {text}: not a shape", hint="write sizes with commas: 1,96,96,3")
        found[name] = tuple(int(size) for size in sizes)
    return found
