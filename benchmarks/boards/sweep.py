"""Bundles of common networks for every Coral and Jetson board: built, or refused with the reason.

    python benchmarks/boards/sweep.py OUT [NAME...]         one model after the other, results into OUT/sweep.json
    python benchmarks/boards/sweep.py OUT --write           puts the tables into docs/coral.md and docs/jetson.md

The five MLPerf Tiny models come from ../shared/data or $EDGEPACK_REFERENCE_DATA, the others from `keras.applications`
with random weights at their own input size (extra `tensorflow`). Calibration inputs are random except for keyword
spotting, image classification and wake word: what counts here is whether a graph gets through, not its accuracy. A
model that some board refuses is built again for the others.
"""

import argparse
import json
import os
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
_IMAGES = 4
"""Random ones to calibrate with; their ranges mean nothing, so more would not help."""


def boards() -> list[str]:
    """Every board of the two families; the families' defaults are among them by another name."""
    named = [name for name in profile_names() if name not in ("coral", "jetson")]
    return [name for name in named if load_profile(name).family in ("coral", "jetson")]


def prepare(name: str, out: Path) -> tuple[Path, str]:
    """Return the model's file and its calibration inputs."""
    if name in APPLICATIONS:
        path, size, images = out / f"{name}.keras", APPLICATIONS[name], out / f"images_{APPLICATIONS[name]}.npz"
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


def sweep(name: str, out: Path) -> dict[str, Any]:
    """Return, by board, what its bundle is or why there is none."""
    model, calibration = prepare(name, out)
    found: dict[str, Any] = {}
    left = boards()
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--write", action="store_true", help="the tables into the documents")
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    results = asked.out / "sweep.json"
    known: dict[str, Any] = json.loads(results.read_text(encoding="utf-8")) if results.exists() else {}
    for name in asked.names or [] if asked.write else asked.names or [*TINY, *APPLICATIONS]:
        known[name] = sweep(name, asked.out)
        results.write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")
        built = sum(row["built"] for row in known[name].values())
        print(f"{name}: {built} of {len(known[name])} built", flush=True)


if __name__ == "__main__":
    main()
