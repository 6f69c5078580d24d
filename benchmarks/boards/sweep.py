"""Bundles of common networks for every Coral and Jetson board: built, or refused with the reason.

    python benchmarks/boards/sweep.py OUT [NAME...] [--distinct] [--size 96]    results into OUT/sweep.json
    python benchmarks/boards/sweep.py OUT --write       puts the tables into docs/coral.md and docs/jetson.md

The five MLPerf Tiny models come from ../shared/data or $EDGEPACK_REFERENCE_DATA, the others from `keras.applications`
with random weights at their own input size (extra `tensorflow`). Calibration inputs are random except for keyword
spotting, image classification and wake word: what counts here is whether a graph gets through, not its accuracy. A
model that some board refuses is built again for the others. `--distinct` builds for one board of each compiler and
TensorRT release, whose files are those of the boards beside it.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from packager.build import build
from packager.config.profile import load_profile, profile_names
from packager.config.request import BuildRequest
from packager.errors import EdgePackError
from packager.report.model import Report

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("EDGEPACK_REFERENCE_DATA", ROOT / "../shared/data"))
APPLICATIONS = {
    "MobileNet": 224,
    "MobileNetV2": 224,
    "MobileNetV3Small": 224,
    "MobileNetV3Large": 224,
    "EfficientNetV2B0": 224,
    "ResNet50": 224,
    "DenseNet121": 224,
    "NASNetMobile": 224,
    "Xception": 299,
}
TINY = {
    "kws": "kws_ref_model",
    "ic": "pretrainedResnet.tflite",
    "vww": "vww_96_float.tflite",
    "ad": "ad01_fp32.tflite",
    "sww": "str_ww_ref_model.h5",
}
_MAKE = """
import sys, keras
keras.utils.set_random_seed(0)
name, size, path = sys.argv[1], int(sys.argv[2]), sys.argv[3]
getattr(keras.applications, name)(weights=None, input_shape=(size, size, 3)).save(path)
"""
_IMAGES = 2
"""Random ones to calibrate with; their ranges mean nothing, so more would not help."""


def boards() -> list[str]:
    """Every board of the two families; the families' defaults are among them by another name."""
    named = [name for name in profile_names() if name not in ("coral", "jetson")]
    return [name for name in named if load_profile(name).family in ("coral", "jetson")]


def groups() -> list[list[str]]:
    """Boards of one compiler or TensorRT release and recipe: their files are the same, only their latencies differ."""
    found: dict[Any, list[str]] = {}
    for name in boards():
        profile = load_profile(name)
        trt = profile.tensorrt
        key = (profile.recipe, profile.edgetpu.compiler if profile.edgetpu else trt and (trt.version, trt.sparse_2_4))
        found.setdefault(key, []).append(name)
    return list(found.values())


def prepare(name: str, out: Path, given: int | None) -> tuple[Path, str]:
    """Return the model's file and its calibration inputs."""
    if name in APPLICATIONS:
        size = given or APPLICATIONS[name]
        path, images = out / f"{name}_{size}.keras", out / f"images_{size}.npz"
        if not path.exists():
            subprocess.run([sys.executable, "-c", _MAKE, name, str(size), str(path)], check=True, capture_output=True)
        drawn = np.random.default_rng(0).uniform(0, 255, (_IMAGES, size, size, 3))
        np.savez(images, x=drawn.astype(np.float32))
        return path, str(images)
    path = DATA / "mlperf-tiny" / TINY[name]
    real = _real_inputs(name)
    if real is None:
        return path, "random"
    np.savez(out / f"{name}.npz", x=real)
    return path, str(out / f"{name}.npz")


def _real_inputs(name: str) -> "np.ndarray[Any, Any] | None":
    if name == "kws":
        drawn = np.load(DATA / "mlperf-tiny" / "kws01.npz")["x"][:100].astype(np.int32)
        return ((drawn - 83) * np.float32(0.5847029)).astype(np.float32)
    if name == "ic":
        return np.asarray(np.load(DATA / "cifar10" / "train.npz")["x"][:100])
    if name == "sww":
        specs = np.load(DATA / "mlperf-tiny" / "str_ww_calibration_samples.npz")["specs"][:100].astype(np.float32)
        return specs.reshape(len(specs), *specs.shape[-3:])
    return None


def sweep(name: str, out: Path, left: list[str], size: int | None) -> dict[str, Any]:
    """Return, by board, what its bundle is or why there is none."""
    model, calibration = prepare(name, out, size)
    found: dict[str, Any] = {}
    while left:
        request = BuildRequest(
            model=model, targets=tuple(left), out=out / "bundles", name=name, calibration=calibration, measure=False
        )
        try:
            made = build(request).bundles
        except EdgePackError as error:
            refused = _refused(error, left)
            found |= refused
            left = [board for board in left if board not in refused]
            continue
        found |= {bundle.target: _facts(bundle.report) for bundle in made}
        left = []
    shutil.rmtree(out / "bundles", ignore_errors=True)
    return found


def _refused(error: EdgePackError, asked: Sequence[str]) -> dict[str, Any]:
    """The boards that an error is about, each with its reasons; all of them where it names none."""
    lines = str(error).splitlines()
    reasons = {board: [x.partition(f"{board}: ")[2] for x in lines if f" {board}: " in x] for board in asked}
    if not any(reasons.values()):
        reasons = {board: [str(error)] for board in asked}
    return {board: {"built": False, "why": why} for board, why in reasons.items() if why}


def _facts(report: Report) -> dict[str, Any]:
    values = {figure.name: figure.value for figure in report.figures}
    left: dict[str, int] = {}
    for layer in report.layers:
        if report.target.family == "coral" and layer.placement != "tpu":
            key = f"{layer.op}: {layer.reason}"
            left[key] = left.get(key, 0) + 1
    notes = [f"{d.severity}: {d.where}: {d.message}" for d in report.diagnostics]
    return {"built": True, "values": values, "left": left, "notes": notes, "recipe": report.recipe}


def tables(known: dict[str, Any]) -> dict[str, str]:
    """The two documents' tables, by the document's name."""
    coral, *jetson = groups()
    told = {
        "coral": [
            "| model | input | operators | mapped | cached | streamed | left on the CPU |",
            "|---|---|---|---|---|---|---|",
        ],
        "jetson": [
            f"| model | input | {' | '.join(', '.join(group) for group in jetson)} |",
            f"|---|---|{'---|' * len(jetson)}",
        ],
    }
    for name, rows in known.items():
        size = rows.get("size") or APPLICATIONS.get(name, 0)
        head = f"| {name} | {f'{size}x{size}' if size else 'its own'} |"
        told["coral"].append(f"{head} {_coral_cells(_of(rows, coral))} |")
        told["jetson"].append(f"{head} {' | '.join(_jetson_cell(_of(rows, group)) for group in jetson)} |")
    return {document: "\n".join(lines) + "\n" for document, lines in told.items()}


def _of(rows: dict[str, Any], group: list[str]) -> tuple[dict[str, Any], int]:
    """What the boards of a group have in common, and how many of them were built for, or refused."""
    found = [rows[board] for board in group if board in rows]
    assert len({row["built"] for row in found}) == 1, "boards of one group differ"
    return found[0], len(found)


def _coral_cells(found: tuple[dict[str, Any], int]) -> str:
    row, _ = found
    if not row["built"]:
        return f"refused: {'; '.join(row['why'])} | | | |"
    keys = ("edgetpu.ops_total", "edgetpu.ops_mapped", "edgetpu.cached.bytes", "edgetpu.streamed.bytes")
    left = "; ".join(f"{count} {what}" for what, count in row["left"].items()) or "none"
    return " | ".join([*(f"{row['values'][key]:,.0f}" for key in keys), left])


def _jetson_cell(found: tuple[dict[str, Any], int]) -> str:
    row, count = found
    if not row["built"]:
        return f"refused: {'; '.join(row['why'])}"
    warnings = sum(note.startswith("warning") and "random inputs" not in note for note in row["notes"])
    said = f", {warnings} warnings" if warnings else ""
    return f"{count} built, {row['values']['artifact.bytes'] / 1e6:.2f} MB{said}"


def write(known: dict[str, Any]) -> None:
    for document, table in tables(known).items():
        path = ROOT / "docs" / f"{document}.md"
        marked = re.compile(r"(<!-- sweep -->\n).*?(<!-- end -->)", re.DOTALL)
        text = path.read_text(encoding="utf-8")
        path.write_text(marked.sub(lambda m, table=table: m[1] + table + m[2], text, count=1), encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--distinct", action="store_true", help="one board of each compiler and TensorRT")
    parser.add_argument("--size", type=int, help="edge of the images, in place of the network's own")
    parser.add_argument("--write", action="store_true", help="the tables into the documents")
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    results = asked.out / "sweep.json"
    known: dict[str, Any] = json.loads(results.read_text(encoding="utf-8")) if results.exists() else {}
    if asked.write:
        write(known)
        return
    for name in asked.names or [*TINY, *APPLICATIONS]:
        targets = [group[0] for group in groups()] if asked.distinct else boards()
        known[name] = sweep(name, asked.out, targets, asked.size) | {"size": asked.size or APPLICATIONS.get(name, 0)}
        results.write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")
        built = sum(row["built"] for board, row in known[name].items() if board != "size")
        print(f"{name}: {built} of {len(targets)} built", flush=True)


if __name__ == "__main__":
    main()
