"""Mixed precision under a budget of instructions, counted again: the bundles' own programs under qemu."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from compress.running import images
from compress.test_mixed import late

from packager.build import build
from packager.config.profile import load_profile
from packager.config.request import BuildRequest
from packager.ir import write_tflite
from packager.measure.cross import cross_compiler
from packager.measure.instructions import count_instructions

pytestmark = [pytest.mark.compiles, pytest.mark.slow]
BOARD = "raspberrypi-4"
ERROR = 0.1
"""Of a whole model's count against the sum of its operators' fitted ones."""


def counted(tmp_path: Path, name: str, prune: str) -> tuple[float, str]:
    """Instructions of the bundle, and what its first step says."""
    asked = BuildRequest(
        model=tmp_path / "late.tflite", targets=(BOARD,), out=tmp_path / name, prune=prune, measure=False,
        calibration=str(tmp_path / "inputs.npz"),
    )  # fmt: skip
    (bundle,) = build(asked).bundles
    (figure,) = count_instructions(bundle.path, bundle.path / "model" / "model.tflite")
    steps = bundle.report.compression.steps if bundle.report.compression else ()
    return figure.value, steps[0].summary if steps else ""


def test_the_program_takes_no_more_instructions_than_asked(tmp_path: Path) -> None:
    cpu = load_profile(BOARD).cpu
    if shutil.which("qemu-aarch64") is None or cpu is None or cross_compiler(cpu) is None:
        pytest.skip("needs qemu-aarch64 with plugins, and a compiler for a Cortex-A72")
    (tmp_path / "late.tflite").write_bytes(write_tflite(late()))
    np.savez(tmp_path / "inputs.npz", x=images(40))
    (tmp_path / "mixed.toml").write_text(
        '[[steps]]\nstep = "mixed"\nshare = 1.0\nloss = 0.0\nslowdown = 0.6\n', "utf-8"
    )
    plain, _ = counted(tmp_path, "plain", "")
    mixed, said = counted(tmp_path, "mixed", str(tmp_path / "mixed.toml"))
    assert "operators in int16x8: loss" in said
    assert f"on {BOARD}" in said
    assert 1.02 < mixed / plain <= 1.6 * (1 + ERROR)
