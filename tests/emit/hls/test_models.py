"""The MLPerf Tiny models end to end, softmax included: real inputs where there are some, the integers of LiteRT."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from emit.hls.making import Ints, frames, reference_outputs, write_bundle
from reference import reference

from packager.config.profile import load_profile
from packager.emit.hls import design_for, unsupported
from packager.ir import Model, read_tflite
from packager.measure.hls import csim, timing

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("g++") is None, reason="g++ is not installed"),
]

MODELS = {
    "kws_ref_model": 500,
    "pretrainedResnet_quant": 200,
    "vww_96_int8": 10,
    "ad01_int8": 50,
}
"""Model and how many inputs: real ones for keyword spotting and image classification."""
SANITIZED = (
    "-std=c++14",
    "-O1",
    "-Wall",
    "-Wextra",
    "-Werror",
    "-fsanitize=address,undefined",
    "-fno-sanitize-recover",
)


def inputs_of(name: str, model: Model, count: int) -> Ints:
    if name == "kws_ref_model":
        spoken: Ints = np.load(reference("mlperf-tiny/kws01.npz"))["x"][:count]
        return spoken.reshape(-1, *model.input_types()[0].dims[1:]).astype(np.int8)
    if name == "pretrainedResnet_quant":
        pictures: Ints = np.load(reference("cifar10/test.npz"))["x"][:count]
        return (pictures.astype(np.int16) - 128).astype(np.int8)
    return frames(model, count)[0]


@pytest.mark.parametrize("name", MODELS)
def test_the_simulation_is_bit_exact_and_the_interval_is_what_was_estimated(name: str, tmp_path: Path) -> None:
    model = read_tflite(reference(f"mlperf-tiny/{name}.tflite"))
    assert not unsupported(model)
    part = load_profile("fpga-pynq-z2").fpga
    assert part is not None
    x = inputs_of(name, model, MODELS[name])
    (wanted,) = reference_outputs(model, [x])
    bundle = write_bundle(model, [x[:3]], [wanted[:3]], tmp_path, part=part)
    (found,) = csim(bundle, [x], flags=("-std=c++14", "-O2", "-Wall", "-Wextra", "-Werror"))
    np.testing.assert_array_equal(found, wanted)
    design = design_for(model, part)
    assert design.folding.fits
    measured = timing(bundle)
    assert design.interval <= measured.interval <= 1.005 * design.interval
    assert 0.6 * design.latency <= measured.latency <= 1.2 * design.latency


@pytest.mark.parametrize("name", MODELS)
def test_nothing_is_read_or_shifted_out_of_bounds(name: str, tmp_path: Path) -> None:
    model = read_tflite(reference(f"mlperf-tiny/{name}.tflite"))
    x = inputs_of(name, model, 3)
    (wanted,) = reference_outputs(model, [x])
    bundle = write_bundle(model, [x], [wanted], tmp_path)
    (found,) = csim(bundle, [x], flags=SANITIZED)
    np.testing.assert_array_equal(found, wanted)
