"""Arithmetic `fast17`: its own reference, and the hardware that computes the same with fewer multipliers."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from emit.hls.making import PART, UNOPTIMIZED, Net, exact_width, frames, q, write_bundle
from hypothesis import given
from hypothesis import strategies as st
from reference import reference as data

from packager.emit.hls import design_for, unsupported
from packager.interp import reference
from packager.ir import Activation, Model, Padding, read_tflite
from packager.measure.hls import csim
from packager.ops import _fixed_point as fixed

needs_gxx = pytest.mark.skipif(shutil.which("g++") is None, reason="g++ is not installed")


def every_product(net: Net) -> Model:
    x = net.conv(net.input((7, 6, 4), q(0.05, 3)), 10, (3, 3), activation=Activation.RELU, out=q(0.4, -128))
    net.fold(2, 4)
    y = net.conv(x, 10, (3, 3), (2, 1), depthwise=True)
    net.fold(5, 5, fabric=True)
    pooled = net.pool("AVERAGE_POOL_2D", y, (4, 6), (4, 6), Padding.VALID)
    return net.model(x, y, net.softmax(net.dense(net.reshape(pooled, (1, 10)), 6, per_channel=True)))


@given(st.integers(-(1 << 24), 1 << 24), st.floats(1e-9, 4.0))
def test_the_product_is_off_by_the_multipliers_17_bits_and_one_rounding(accumulator: int, real: float) -> None:
    found = int(fixed.multiply_fast17(accumulator, *fixed.quantize_multiplier(real)))
    assert abs(found - accumulator * real) <= 0.5 + abs(accumulator * real) * 2.0**-16 + 2.0**-20


def test_it_differs_from_integer_by_one_at_most_and_now_and_then() -> None:
    model = every_product(Net(seed=1))
    x = frames(model, 40)
    first, fast = (reference.run(model, x, arithmetic)[0].astype(int) for arithmetic in ("integer", "fast17"))
    assert 0 < np.abs(first - fast).max() <= 1


@needs_gxx
def test_the_simulation_computes_the_references_integers(tmp_path: Path) -> None:
    net = Net(seed=1)
    model = every_product(net)
    assert not unsupported(model, "fast17")
    x = frames(model, 12)
    wanted = reference.run(model, x, "fast17")
    bundle = write_bundle(model, x, wanted, tmp_path, net.folds, arithmetic="fast17")
    assert "requantize_fast<" in (bundle / "runtime/hls/src/top.cpp").read_text("utf-8")
    for found, expected in zip(csim(bundle, x, flags=UNOPTIMIZED), wanted, strict=True):
        np.testing.assert_array_equal(found, expected)


@needs_gxx
@pytest.mark.slow
@pytest.mark.parametrize("arithmetic", ["integer", "fast17"])
def test_nothing_is_shifted_by_less_than_nothing(arithmetic: str, tmp_path: Path) -> None:
    """Rows that only fill a group have a scaling too."""
    net = Net(seed=1)
    model = every_product(net)
    x = frames(model, 4)
    wanted = reference.run(model, x, arithmetic)
    bundle = write_bundle(model, x, wanted, tmp_path, net.folds, arithmetic=arithmetic)
    flags = ("-std=c++14", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover")
    for found, expected in zip(csim(bundle, x, flags=flags), wanted, strict=True):
        np.testing.assert_array_equal(found, expected)


@needs_gxx
@pytest.mark.slow
def test_it_fits_exact_widths(tmp_path: Path) -> None:
    net = Net(seed=1)
    model = every_product(net)
    x = frames(model, 12)
    bundle = write_bundle(model, x, reference.run(model, x, "fast17"), tmp_path, net.folds, arithmetic="fast17")
    assert "0 values differ" in exact_width(bundle / "runtime/hls", tmp_path)


def test_it_takes_fewer_multipliers() -> None:
    net = Net(seed=1)
    model = every_product(net)
    exact, fast = (design_for(model, PART, folds=net.folds, arithmetic=a).cost.dsp for a in ("integer", "fast17"))
    assert fast < exact


@pytest.mark.slow
def test_it_costs_image_classification_no_accuracy() -> None:
    """500 pictures with their labels."""
    model = read_tflite(data("mlperf-tiny/pretrainedResnet_quant.tflite"))
    file = np.load(data("cifar10/test.npz"))
    x = (file["x"][:500].astype(np.int16) - 128).astype(np.int8)
    right = [
        int((reference.run(model, [x], arithmetic)[0].argmax(axis=1) == file["y"][:500].reshape(-1)).sum())
        for arithmetic in ("integer", "fast17")
    ]
    assert abs(right[0] - right[1]) <= 10


def test_sums_that_are_scaled_up_too_far_are_named() -> None:
    net = Net()
    model = net.model(net.conv(net.input((4, 4, 1), q(9e3, 3)), 2, (1, 1), out=q(1e-5, 1)))
    assert "2^16" in unsupported(model, "fast17")[0].message
