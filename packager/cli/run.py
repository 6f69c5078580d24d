"""Run a bundle's artifact on this machine."""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from packager.cli._bundles import bundle_argument, opened
from packager.cli._progress import progress
from packager.errors import ConfigError, did_you_mean

if TYPE_CHECKING:
    from packager.bundle import Manifest
    from packager.ir import Model


@click.command()
@bundle_argument
@click.option(
    "--input", "data", required=True, type=click.Path(exists=True, path_type=Path), help="Inputs: .npz, .npy, a folder."
)
@click.option(
    "-o", "--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="Outputs: an .npz file."
)
@click.option("--engine", default="", help="What to run it with; the bundle's own engine by default.")
@click.option("--dequantize", is_flag=True, help="Write real values instead of the artifact's integers.")
def command(bundle: Path, data: Path, out: Path, engine: str, dequantize: bool) -> None:  # noqa: FBT001 - click passes by name
    """Run the artifact of BUNDLE on the inputs of a file and write its outputs, one array per output.

    Real values are quantized as the artifact's inputs ask; arrays of the artifact's own type are taken as they are.
    """
    from packager.bundle import read_manifest
    from packager.config.samples import load_samples, to_integer
    from packager.measure.engines import how_it_runs
    from packager.measure.interface import interface_of
    from packager.util.files import replace_file

    with opened(bundle) as folder, progress() as step:
        step("read")
        manifest = read_manifest(folder)
        model = interface_of(folder, manifest)
        samples = to_integer(load_samples(data, model), model)
        step(f"run {samples.count} inputs")
        outputs = _run(folder, manifest, engine, list(samples.arrays.values()))
        how = how_it_runs(engine or manifest.engine, folder)
    named = _named(model, outputs, dequantize=dequantize)
    replace_file(out, [npz_bytes(named)])
    if how:
        click.echo(f"run by {how}")
    for name, array in named.items():
        click.echo(f"{name}: {array.dtype} {list(array.shape)}")


def _run(folder: Path, manifest: "Manifest", engine: str, inputs: Sequence[Any]) -> tuple[Any, ...]:
    from packager.measure.engines import find_engine

    known = dict.fromkeys([manifest.engine, *manifest.engines])
    if engine and engine.partition("-")[0] not in {name.partition("-")[0] for name in known}:
        hint = did_you_mean(engine, known)
        if engine == "c":
            hint = f"the bundle holds no C runtime, its report says why; {hint}"
        raise ConfigError(f"{engine!r} does not run {manifest.artifact}", hint=hint)
    return find_engine(engine or manifest.engine)(folder, folder / manifest.artifact, inputs)


def _named(model: "Model", outputs: Sequence[Any], *, dequantize: bool) -> dict[str, Any]:
    """Return the outputs by name, a repeated name numbered, in real values if asked."""
    from packager.util.naming import unique

    named = dict(zip(unique(model.output_names()), outputs, strict=True))
    if dequantize:
        for name, type_ in zip(named, model.output_types(), strict=True):
            if type_.is_quantized and type_.quant is not None:
                named[name] = type_.quant.dequantize(named[name])
    return named


def npz_bytes(arrays: Mapping[str, Any]) -> bytes:
    """Return an `.npz` file, the same bytes for the same arrays: numpy dates its members 1980."""
    import numpy as np

    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()
