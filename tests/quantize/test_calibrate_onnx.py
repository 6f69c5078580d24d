import numpy as np
import pytest
from emit.onnx.own import residual, weights

from packager.config.recipe import Calibration
from packager.errors import UnsupportedError
from packager.quantize.calibrate_onnx import calibrate_onnx

IMAGES = weights(9, 20, 3, 10, 12)


def ranges(
    method: str, images: "np.ndarray[tuple[int, ...], np.dtype[np.float32]]" = IMAGES
) -> dict[str, tuple[float, float]]:
    found = calibrate_onnx(residual(), [images], ["image", "r1", "f"], Calibration(method=method), "20 inputs")
    assert all("20 inputs" in r.reason for r in found.values())
    return {name: (r.low, r.high) for name, r in found.items()}


def test_extremes_are_those_of_the_values() -> None:
    found = ranges("minmax")
    assert found["image"] == (float(IMAGES.min()), float(IMAGES.max()))
    assert found["r1"][0] == 0 < found["r1"][1], "a ReLU's result has nothing below zero"


@pytest.mark.parametrize("method", ["percentile", "entropy"])
def test_the_other_methods_stay_within(method: str) -> None:
    wide, narrow = ranges("minmax"), ranges(method)
    for name, (low, high) in narrow.items():
        assert wide[name][0] <= low <= 0 <= high <= wide[name][1]
    spiked = IMAGES.copy()
    spiked[0, 0, 0, 0] = 1000
    assert ranges(method, spiked)["image"][1] < 1000


def test_what_is_not_finite_is_named() -> None:
    broken = IMAGES.copy()
    broken[3, 0, 0, 0] = np.nan
    with pytest.raises(UnsupportedError, match="'image' is NaN or infinite for calibration input 3"):
        ranges("minmax", broken)
    with pytest.raises(UnsupportedError, match="onnxruntime can't run it"):
        ranges("minmax", IMAGES[:, :2])
