"""Where the reference models lie, for the tests that use them; without them they skip and say so."""

import os
from pathlib import Path

import pytest

ROOT = Path(os.environ.get("EDGEPACK_REFERENCE_DATA", Path(__file__).parents[2] / "shared" / "data"))

MLPERF_INT8 = (
    "mlperf-tiny/ad01_int8.tflite",
    "mlperf-tiny/kws_ref_model.tflite",
    "mlperf-tiny/pretrainedResnet_quant.tflite",
    "mlperf-tiny/str_ww_ref_model.tflite",
    "mlperf-tiny/vww_96_int8.tflite",
)


def reference(name: str) -> Path:
    """Return the path of a reference file, or skip the test."""
    path = ROOT / name
    if not path.exists():
        pytest.skip(f"reference data {name!r} is not here; set EDGEPACK_REFERENCE_DATA to its folder")
    return path
