"""Zeros on an FPGA, from the pruning step to the multipliers of a design whose integers the build itself compares."""

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from compress.building import request
from ops.judging import litert
from prune.networks import Network

from packager.build import build
from packager.ir import Model, write_tflite

RECIPE = """description = "Two convolutions as asked for"
[fpga]
[[fpga.folds]]
op = "CONV_2D"
{fold}
"""

pytestmark = [pytest.mark.slow, pytest.mark.skipif(shutil.which("g++") is None, reason="g++ is not installed")]


def network() -> Model:
    n = Network(3, integer=False)
    y = n.conv(n.conv(n.input(1, 6, 6, 8), 16, 3), 16, 3)
    return n.model(n.dense(n.flatten(n.pool(y)), 4))


@pytest.mark.parametrize(
    ("steps", "fold", "call", "saved"),
    [
        (
            'step = "pattern"',
            "pe = 4\nsimd = 8\nkeep = 2\nof = 4",
            "matrix_packed<",
            "16 of 32 multipliers, 2 for 4 lanes",
        ),
        (
            'step = "block"\nratio = 0.5\noutputs = 4\ninputs = 4',
            "pe = 4\nsimd = 4\nkeep = 1\nof = 1",
            "matrix_listed<",
            "tiles",
        ),
    ],
    ids=["pattern", "block"],
)
def test_zeros_reach_the_multipliers(tmp_path: Path, steps: str, fold: str, call: str, saved: str) -> None:
    x = np.random.default_rng(0).normal(0, 1, (60, 6, 6, 8)).astype(np.float32)
    (tmp_path / "net.tflite").write_bytes(write_tflite(network()))
    np.savez(tmp_path / "x.npz", x=x)
    np.savez(tmp_path / "xy.npz", x=x, y=litert(network(), [x], "BUILTIN")[0].argmax(axis=1))
    (tmp_path / "steps.toml").write_text(f"[[steps]]\n{steps}\n", "utf-8")
    (tmp_path / "folds.toml").write_text(RECIPE.format(fold=fold), "utf-8")
    asked = request(
        tmp_path,
        model=tmp_path / "net.tflite",
        targets=("fpga-pynq-z2",),
        recipe=str(tmp_path / "folds.toml"),
        calibration=str(tmp_path / "x.npz"),
        eval=tmp_path / "xy.npz",
        prune=str(tmp_path / "steps.toml"),
    )
    bundle = build(asked).bundles[0].path
    code = (bundle / "runtime/hls/src/top.cpp").read_text("utf-8")
    assert len(re.findall(rf"run_conv_2d_\d_matrix\([^}}]*ep::{call}", code)) == 2
    layers = [row for row in json.loads((bundle / "report.json").read_bytes())["layers"] if row["op"] == "CONV_2D"]
    assert len(layers) == 2
    assert all(re.search(rf"zeros save [^;]*{saved}", json.dumps(row)) for row in layers)
