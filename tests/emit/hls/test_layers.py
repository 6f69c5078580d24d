"""Every layer of the library, alone, against LiteRT's reference kernels: awkward shapes, strides, folds."""

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from emit.hls.making import Built, Net, build_layers, exact_width, q

from packager.ir import Activation, Padding
from packager.measure.hls_check import check_subset, missing_tools

SAME, VALID = Padding.SAME, Padding.VALID
RELU, RELU6 = Activation.RELU, Activation.RELU6

pytestmark = pytest.mark.skipif(shutil.which("g++") is None, reason="g++ is not installed")


def conv(net: Net) -> int:
    y = net.conv(net.input((7, 5, 6), q(0.05, 3)), 8, (3, 3))
    net.fold(3, 4)
    return y


def conv_on_one_channel(net: Net) -> int:
    y = net.conv(net.input((13, 6, 1), q(0.58, 83)), 6, (10, 4), (2, 2), activation=RELU, out=q(0.4, -128))
    net.fold(1, 3, fabric=True)
    return y


def conv_that_leaves_rows_over(net: Net) -> int:
    y = net.conv(net.input((8, 9, 4), q(0.05, -128)), 5, (3, 2), (3, 2), VALID)
    net.fold(4, 5)
    return y


def conv_that_skips_rows(net: Net) -> int:
    y = net.conv(net.input((9, 7, 4), q(0.1, 0)), 6, (1, 1), (2, 3), SAME)
    net.fold(2, 2)
    return y


def conv_dilated(net: Net) -> int:
    y = net.conv(net.input((9, 8, 2), q(0.05, 7)), 4, (3, 2), dilation=(2, 3), activation=RELU6, out=q(0.05, -120))
    net.fold(1, 2)
    return y


def conv_per_tensor(net: Net) -> int:
    y = net.conv(net.input((5, 5, 3), q(0.02, 127)), 7, (5, 5), per_channel=False, out=q(0.1, 100))
    net.fold(3, 7)
    return y


def conv_in_groups_that_do_not_divide(net: Net) -> int:
    """Ten outputs by rows of four: two rows of the last group are for nothing, and cut off."""
    y = net.conv(net.input((6, 5, 4), q(0.05, 3)), 10, (3, 3))
    net.fold(2, 4)
    return y


def conv_pruned(net: Net) -> int:
    """Whole tiles of zeros, in every group but the first, and one group of zeros alone."""
    net.pruned = (np.s_[3:, :, 1:, :], np.s_[6:9])
    y = net.conv(net.input((6, 5, 8), q(0.05, 3)), 12, (3, 3))
    net.fold(4, 3)
    return y


def conv_of_one_pixel(net: Net) -> int:
    y = net.conv(net.input((1, 1, 12), q(0.05, 3)), 10, (1, 1))
    net.fold(4, 5)
    return y


def conv_larger_than_its_image(net: Net) -> int:
    return net.conv(net.input((2, 3, 2), q(0.05, 3)), 3, (5, 5))


def conv_whose_scale_is_flushed(net: Net) -> int:
    return net.conv(net.input((4, 4, 2), q(1e-6, 3)), 3, (2, 2), out=q(9e5, 40))


def conv_that_enlarges(net: Net) -> int:
    """A multiplier above 1: a shift to the left."""
    return net.conv(net.input((4, 4, 1), q(9.0, 3)), 2, (1, 1), out=q(0.03, 1))


def depthwise(net: Net) -> int:
    y = net.conv(net.input((7, 6, 6), q(0.05, 3)), 6, (3, 3), depthwise=True)
    net.fold(3, 3)
    return y


def depthwise_with_stride(net: Net) -> int:
    y = net.conv(net.input((9, 8, 4), q(0.05, -128)), 4, (3, 5), (2, 2), activation=RELU, depthwise=True)
    net.fold(4, 4, fabric=True)
    return y


def depthwise_dilated(net: Net) -> int:
    return net.conv(net.input((8, 8, 2), q(0.05, 9)), 2, (3, 3), dilation=(2, 2), depthwise=True)


def depthwise_from_one_channel(net: Net) -> int:
    y = net.conv(net.input((6, 6, 1), q(0.05, 3)), 8, (3, 3), depthwise=True)
    net.fold(1, 2)
    return y


def dense(net: Net) -> int:
    y = net.dense(net.input((40,), q(0.05, 3)), 10)
    net.fold(8, 5)
    return y


def dense_in_groups_that_do_not_divide(net: Net) -> int:
    y = net.dense(net.input((12,), q(0.05, 3)), 7)
    net.fold(3, 4)
    return y


def dense_unrolled(net: Net) -> int:
    """Every weight has a multiplier of its own, or none where it is 0."""
    net.pruned = (np.s_[:, ::2],)
    y = net.dense(net.input((8,), q(0.05, 3)), 4)
    net.fold(8, 4)
    return y


def dense_per_channel(net: Net) -> int:
    y = net.dense(net.input((21,), q(0.05, -77)), 9, RELU, q(0.1, -128), per_channel=True)
    net.fold(7, 3, fabric=True)
    return y


def dense_without_bias(net: Net) -> int:
    return net.dense(net.input((5,), q(0.05, 3)), 3, bias=False)


def dense_on_rows(net: Net) -> int:
    y = net.dense(net.input((3, 8), q(0.05, 3)), 6)
    net.fold(2, 2)
    return y


def dense_on_ties(net: Net) -> int:
    """Every odd product is a tie, which rounds away from zero."""
    x = net.input((1,), q(0.5, 0))
    weight = net.builder.const(np.asarray([[1]], np.int8), quant=q(1.0))
    return net.op("FULLY_CONNECTED", [x, weight], (1, 1), q(1.0), options="FullyConnectedOptions", version=4)


def average_in_frame(net: Net) -> int:
    y = net.pool("AVERAGE_POOL_2D", net.input((7, 5, 6), q(0.05, 3)), (3, 3), (2, 1), SAME)
    net.fold(2, 2)
    return y


def average_with_gaps(net: Net) -> int:
    return net.pool("AVERAGE_POOL_2D", net.input((8, 7, 3), q(0.05, 3)), (2, 2), (3, 3), VALID, RELU)


def average_of_all(net: Net) -> int:
    y = net.pool("AVERAGE_POOL_2D", net.input((25, 5, 8), q(0.05, -128)), (25, 5), (25, 5), VALID)
    net.fold(2, 2)
    return y


def maximum(net: Net) -> int:
    y = net.pool("MAX_POOL_2D", net.input((7, 6, 4), q(0.05, 3)), (3, 2), (2, 2), SAME)
    net.fold(4, 4)
    return y


def maximum_clamped(net: Net) -> int:
    return net.pool("MAX_POOL_2D", net.input((6, 6, 3), q(0.05, -20)), (2, 2), (2, 2), VALID, RELU6)


def mean(net: Net) -> int:
    x = net.input((6, 7, 6), q(0.05, 31))
    axes = net.builder.const(np.asarray([1, 2], np.int32))
    y = net.op("MEAN", [x, axes], (1, 6), q(0.03, -4), options="ReducerOptions", keep_dims=False)
    net.fold(3, 3)
    return y


def mean_of_one_scale(net: Net) -> int:
    x = net.input((3, 3, 5), q(0.05, -128))
    axes = net.builder.const(np.asarray([2, 1], np.int32))
    return net.op("MEAN", [x, axes], (1, 1, 1, 5), q(0.05, -128), options="ReducerOptions", keep_dims=True)


def mean_of_a_sequence(net: Net) -> int:
    """As a one-dimensional network ends."""
    x = net.input((9, 6), q(0.05, 12))
    axes = net.builder.const(np.asarray([1], np.int32))
    y = net.op("MEAN", [x, axes], (1, 6), q(0.03, -4), options="ReducerOptions", keep_dims=False)
    net.fold(2, 2)
    return y


def mean_over_the_one_long_axis(net: Net) -> int:
    x = net.input((7, 1, 4), q(0.05, -9))
    axes = net.builder.const(np.asarray([1], np.int32))
    return net.op("MEAN", [x, axes], (1, 1, 4), q(0.05, -9), options="ReducerOptions", keep_dims=False)


def add(net: Net) -> int:
    a, b = net.input((5, 4, 6), q(0.05, 3)), net.input((5, 4, 6), q(0.21, -40))
    y = net.add(a, b, q(0.2, 9))
    net.fold(3, 3)
    return y


def add_clamped(net: Net) -> int:
    a, b = net.input((3, 3, 4), q(0.11, 127)), net.input((3, 3, 4), q(0.07, -128))
    return net.add(a, b, q(0.05, -128), RELU)


def add_to_itself(net: Net) -> int:
    a = net.input((2, 3, 4), q(0.11, 5))
    return net.add(a, a, q(0.2, 1))


def softmax(net: Net) -> int:
    return net.softmax(net.input((12,), q(0.15, 20)))


def softmax_steep(net: Net) -> int:
    return net.softmax(net.input((3,), q(1.7, -3)), beta=2.0)


def softmax_flat_in_rows(net: Net) -> int:
    return net.softmax(net.input((4, 300), q(0.004, 0)))


def pad(net: Net) -> int:
    x = net.input((3, 4, 6), q(0.05, 17))
    edges = net.builder.const(np.asarray([[0, 0], [1, 2], [0, 3], [0, 0]], np.int32))
    y = net.op("PAD", [x, edges], (1, 6, 7, 6), q(0.05, 17), options="PadOptions")
    net.fold(2, 2)
    return y


def concatenation(net: Net) -> int:
    a, b = net.input((3, 2, 6), q(0.05, 17)), net.input((3, 2, 4), q(0.05, 17))
    y = net.op("CONCATENATION", [a, b], (1, 3, 2, 10), q(0.05, 17), options="ConcatenationOptions", axis=-1)
    net.fold(2, 2)
    return y


def requantization(net: Net) -> int:
    return net.op(
        "QUANTIZE", [net.input((3, 3, 4), q(0.05, 17))], (1, 3, 3, 4), q(0.08, -30), options="QuantizeOptions"
    )


def relu(net: Net) -> int:
    return net.op("RELU", [net.input((3, 3, 4), q(0.05, 17))], (1, 3, 3, 4), q(0.04, -128))


def logistic(net: Net) -> int:
    return net.op("LOGISTIC", [net.input((16, 16), q(0.05, 17))], (1, 16, 16), q(1 / 256, -128))


LAYERS: Mapping[str, Callable[[Net], int]] = {
    f.__name__: f
    for f in (
        conv,
        conv_on_one_channel,
        conv_that_leaves_rows_over,
        conv_that_skips_rows,
        conv_dilated,
        conv_per_tensor,
        conv_in_groups_that_do_not_divide,
        conv_pruned,
        conv_of_one_pixel,
        conv_larger_than_its_image,
        conv_whose_scale_is_flushed,
        conv_that_enlarges,
        depthwise,
        depthwise_with_stride,
        depthwise_dilated,
        depthwise_from_one_channel,
        dense,
        dense_in_groups_that_do_not_divide,
        dense_unrolled,
        dense_per_channel,
        dense_without_bias,
        dense_on_rows,
        dense_on_ties,
        average_in_frame,
        average_with_gaps,
        average_of_all,
        maximum,
        maximum_clamped,
        mean,
        mean_of_one_scale,
        mean_of_a_sequence,
        mean_over_the_one_long_axis,
        add,
        add_clamped,
        add_to_itself,
        softmax,
        softmax_steep,
        softmax_flat_in_rows,
        pad,
        concatenation,
        requantization,
        relu,
        logistic,
    )
}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    return build_layers(LAYERS, 12, 5, tmp_path_factory.mktemp("layers"))


@pytest.mark.parametrize("name", LAYERS)
def test_the_simulation_computes_the_integers_of_litert(name: str, built: Built) -> None:
    wanted, found = built.pairs[name]
    assert np.unique(wanted).size > 1 or name == "conv_whose_scale_is_flushed"
    np.testing.assert_array_equal(found, wanted)


@pytest.mark.skipif(bool(missing_tools()), reason="clang++ or LLVM's opt is not installed")
def test_every_process_takes_the_cycles_it_was_estimated_at(built: Built) -> None:
    """Flat softmax of 300 classes is the slowest here, and a part of it is in no loop."""
    assert 0.9 * built.interval < max(check_subset(built.bundle / "runtime/hls").cycles.values()) <= built.interval


@pytest.mark.slow
def test_exact_width_integers_compute_the_same(built: Built, tmp_path: Path) -> None:
    """With AMD's open `ap_int.h` every accumulator has exactly the width that was computed for it, and wraps beyond."""
    assert "0 values differ" in exact_width(built.bundle / "runtime/hls", tmp_path)
