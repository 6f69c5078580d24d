"""Golden vectors, run again: does an engine of this machine compute what the bundle says it computes?"""

import dataclasses
import importlib.metadata
import json
import platform
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from packager.bundle import Manifest
from packager.errors import ConfigError, EdgePackError, IntegrityError, ToolError, UnsupportedError
from packager.interp import reference
from packager.ir import read_tflite
from packager.measure.engines import Array, find_engine

INDEX = "golden/golden.json"


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What came of one engine's vectors."""

    engine: str
    count: int
    """Of inputs."""
    difference: str = ""
    """How the outputs differ; empty where they are equal or within the tolerance."""
    skipped: str = ""
    """Why the engine was not run here."""
    hint: str = ""


def check_golden(folder: Path, manifest: Manifest) -> Iterator[Outcome]:
    """Run every engine that the bundle has vectors of, one after the other. The bundle's files must be verified before.

    Raises:
        IntegrityError: the vectors' own files can't be read.
    """
    if INDEX not in {record.path for record in manifest.files}:
        return
    index = _read_index(folder)
    inputs = [_load(folder, manifest, path) for path in index["inputs"]]
    for name, golden in index["engines"].items():
        expected = [_load(folder, manifest, path) for path in golden["outputs"]]
        outcome = Outcome(engine=name, count=index["count"])
        try:
            run = find_engine(name)
        except ConfigError as error:
            yield dataclasses.replace(outcome, skipped=str(error), hint=error.hint)
            continue
        try:
            found = run(folder, folder / manifest.artifact, inputs)
        except (ConfigError, ToolError, UnsupportedError) as error:
            yield _not_run(outcome, error)
            continue
        difference = _difference(found, expected, golden["tolerance"])
        if difference:
            where = _first_layer(folder, manifest, inputs, index["layers"])
            outcome = dataclasses.replace(outcome, difference=difference + where, hint=_other_runtime(golden))
        yield outcome


def _not_run(outcome: Outcome, error: EdgePackError) -> Outcome:
    """A tool that is missing excuses; one that ran and failed, as its captured output shows, does not."""
    if isinstance(error, ToolError) and not error.details:
        return dataclasses.replace(outcome, skipped=str(error), hint=error.hint)
    return dataclasses.replace(outcome, difference=f"it does not run: {error}", hint=error.hint)


def _read_index(folder: Path) -> dict[str, Any]:
    try:
        index = json.loads((folder / INDEX).read_bytes())
        fields = {"count": int, "inputs": list, "engines": dict, "layers": list}
        sound = all(isinstance(index[key], kind) for key, kind in fields.items())
        for golden in index["engines"].values():
            sound = sound and isinstance(golden["outputs"], list) and isinstance(golden["tolerance"], (int, float))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        index, sound = {}, False
    if not sound:
        raise IntegrityError(f"{folder / INDEX} is malformed", hint="build the bundle again")
    return dict(index)


def _load(folder: Path, manifest: Manifest, path: Any) -> Array:
    if path not in [record.path for record in manifest.files]:
        raise IntegrityError(f"{folder / INDEX} names {path!a}, which the manifest does not list")
    try:
        array: Array = np.load(folder / path, allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise IntegrityError(f"{folder / path} is no array: {error}", hint="build the bundle again") from None
    return array


def _difference(found: Sequence[Array], expected: Sequence[Array], tolerance: float) -> str:
    if len(found) != len(expected):
        return f"{len(found)} outputs instead of {len(expected)}"
    for i, (have, want) in enumerate(zip(found, expected, strict=True)):
        if have.shape != want.shape or have.dtype != want.dtype:
            return f"output {i} is {have.dtype} {list(have.shape)} instead of {want.dtype} {list(want.shape)}"
        distance = np.abs(have.astype(np.float64) - want.astype(np.float64))
        wrong = ~(distance <= tolerance)  # so that NaN counts as wrong
        if wrong.any():
            return f"output {i}: {wrong.sum()} of {wrong.size} values differ, by {distance.max():g} at most"
    return ""


def _first_layer(folder: Path, manifest: Manifest, inputs: Sequence[Array], layers: Sequence[Any]) -> str:
    """Name the first operator whose checksum is another than the bundle's, as the reference interpreter computes it."""
    if not layers or not manifest.artifact.endswith(".tflite"):
        return ""
    model = read_tflite(folder / manifest.artifact)
    if reference.unsupported(model):
        return ""
    sums = reference.layer_checksums(model, inputs, manifest.origin.arithmetic or "xnnpack")
    for layer, golden in zip(sums, layers, strict=False):
        if f"{layer.crc32:08x}" != golden.get("crc32"):
            return f"; first at {model.main.where(layer.index)}"
    return "; the reference interpreter gives every layer's checksum, so it is the engine that computes otherwise"


def _other_runtime(golden: Mapping[str, Any]) -> str:
    """Say so where the vectors were made by another version or on another instruction set."""
    runtime, machine = str(golden.get("runtime", "")), str(golden.get("instruction_set", ""))
    try:
        here = f"{runtime} {importlib.metadata.version(runtime)} on {platform.machine()}"
    except (importlib.metadata.PackageNotFoundError, ValueError):
        here = f"{runtime} on {platform.machine()}"
    there = f"{runtime} {golden.get('version', '')} on {machine}"
    return f"they were made with {there}, this is {here}" if here != there else ""
