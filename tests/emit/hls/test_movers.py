"""Operators that move values or combine two streams, alone, against LiteRT's reference kernels."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from emit.hls.making import UNOPTIMIZED, Built, Net, build_layers, exact_width, q

from packager.ir import Activation, DType, MirrorMode, Padding
from packager.measure.hls import timing
from packager.measure.hls_check import check_subset, missing_tools

pytestmark = pytest.mark.skipif(shutil.which("g++") is None, reason="g++ is not installed")

SCALE = q(0.05, 17)


def moved(net: Net, op: str, x: int, shape: tuple[int, ...], *constants: Any, **options: Any) -> int:
    inputs = [x, *(net.builder.const(np.asarray(c, np.int32)) for c in constants)]
    return net.op(op, inputs, shape, SCALE, **{"version": 1, **options})


def slice_of_rows(net: Net) -> int:
    return moved(
        net, "SLICE", net.input((6, 5, 4), SCALE), (1, 3, 5, 4), [0, 2, 0, 0], [1, 3, -1, 4], options="SliceOptions"
    )


def slice_of_channels(net: Net) -> int:
    y = moved(
        net, "SLICE", net.input((4, 3, 8), SCALE), (1, 4, 3, 4), [0, 0, 0, 2], [1, 4, 3, 4], options="SliceOptions"
    )
    net.fold(2, 2)
    return y


def strided_backwards(net: Net) -> int:
    return moved(
        net,
        "STRIDED_SLICE",
        net.input((6, 5, 3), SCALE),
        (1, 3, 5, 3),
        [0, 5, 0, 0],
        [1, -7, 5, 3],
        [1, -2, 1, 1],
        options="StridedSliceOptions",
        begin_mask=0,
        end_mask=0,
    )


def transposed(net: Net) -> int:
    return moved(net, "TRANSPOSE", net.input((4, 3, 5), SCALE), (1, 5, 4, 3), [0, 3, 1, 2], options="TransposeOptions")


def transposed_rows(net: Net) -> int:
    y = moved(net, "TRANSPOSE", net.input((4, 3, 6), SCALE), (1, 3, 4, 6), [0, 2, 1, 3], options="TransposeOptions")
    net.fold(3, 3)
    return y


def enlarged(net: Net) -> int:
    options = "ResizeNearestNeighborOptions"
    y = moved(net, "RESIZE_NEAREST_NEIGHBOR", net.input((3, 4, 6), SCALE), (1, 6, 8, 6), [6, 8], options=options)
    net.fold(6, 6)
    return y


def resized_oddly(net: Net) -> int:
    options = "ResizeNearestNeighborOptions"
    x = net.input((5, 7, 2), SCALE)
    return moved(net, "RESIZE_NEAREST_NEIGHBOR", x, (1, 8, 3, 2), [8, 3], options=options, half_pixel_centers=True)


def mirrored(net: Net) -> int:
    edges = [[0, 0], [2, 1], [0, 3], [0, 0]]
    x = net.input((4, 5, 2), SCALE)
    return moved(net, "MIRROR_PAD", x, (1, 7, 8, 2), edges, options="MirrorPadOptions", mode=MirrorMode.REFLECT)


def padded_channels(net: Net) -> int:
    return moved(
        net, "PAD", net.input((3, 4, 4), SCALE), (1, 3, 5, 8), [[0, 0], [0, 0], [0, 1], [2, 2]], options="PadOptions"
    )


def padded_with_a_value(net: Net) -> int:
    x = net.input((3, 4, 3), SCALE)
    edges = net.builder.const(np.asarray([[0, 0], [1, 0], [1, 1], [0, 0]], np.int32))
    value = net.builder.const(np.asarray(-77, np.int8), quant=SCALE)
    return net.op("PADV2", [x, edges, value], (1, 4, 6, 3), SCALE, options="PadV2Options")


def to_space(net: Net) -> int:
    y = moved(
        net, "DEPTH_TO_SPACE", net.input((3, 2, 8), SCALE), (1, 6, 4, 2), options="DepthToSpaceOptions", block_size=2
    )
    net.fold(2, 2)
    return y


def to_depth(net: Net) -> int:
    return moved(
        net, "SPACE_TO_DEPTH", net.input((4, 6, 3), SCALE), (1, 2, 3, 12), options="SpaceToDepthOptions", block_size=2
    )


def gathered(net: Net) -> int:
    x = net.input((4, 6), SCALE)
    picks = net.builder.const(np.asarray([5, 0, 2, 2], np.int32))
    return net.op("GATHER", [x, picks], (1, 4, 4), SCALE, options="GatherOptions", version=1, axis=2, batch_dims=0)


def tiled(net: Net) -> int:
    return moved(net, "TILE", net.input((2, 3, 2), SCALE), (1, 4, 3, 4), [1, 2, 1, 2], options="TileOptions", version=2)


def parts(net: Net, op: str, inputs: list[int], shapes: list[tuple[int, ...]], **options: Any) -> list[int]:
    outputs = [net.builder.tensor("", shape, DType.INT8, SCALE) for shape in shapes]
    net.builder.node(op, inputs, outputs, **{"version": 1, **options})
    return outputs


def split(net: Net) -> int:
    """Three parts, of which the last goes nowhere, the others into one sum."""
    x = net.input((3, 4, 6), SCALE)
    axis = net.builder.const(np.asarray(3, np.int32))
    a, b, _ = parts(net, "SPLIT", [axis, x], [(1, 3, 4, 2)] * 3, options="SplitOptions", num_splits=3)
    return net.add(a, b, q(0.1, 3))


def unpacked_and_packed(net: Net) -> int:
    x = net.input((3, 4), SCALE)
    rows = parts(net, "UNPACK", [x], [(1, 4)] * 3, options="UnpackOptions", num=3, axis=1)
    return net.op("PACK", [rows[2], rows[0]], (1, 2, 4), SCALE, options="PackOptions", values_count=2, axis=1)


def joined_of_four(net: Net) -> int:
    inputs = [net.input((3, 2, n), SCALE) for n in (6, 4, 2, 8)]
    y = net.op("CONCATENATION", inputs, (1, 3, 2, 20), SCALE, options="ConcatenationOptions", axis=3)
    net.fold(2, 2)
    return y


def joined_by_rows(net: Net) -> int:
    """Both come from one stream, and the second has to wait until the first has passed."""
    x = net.input((4, 3, 4), SCALE)
    y = net.conv(x, 4, (3, 3), out=SCALE)
    return net.op("CONCATENATION", [x, y, x], (1, 12, 3, 4), SCALE, options="ConcatenationOptions", axis=1)


def difference(net: Net) -> int:
    a, b = net.input((5, 4, 6), q(0.05, 3)), net.input((5, 4, 6), q(0.21, -40))
    y = net.op("SUB", [a, b], (1, 5, 4, 6), q(0.2, 9), options="SubOptions")
    net.fold(3, 3)
    return y


def sum_with_a_constant(net: Net) -> int:
    a = net.input((5, 4, 6), q(0.05, 3))
    b = net.builder.const(np.asarray([-100, 3, 5, 100, 77, -1], np.int8), quant=q(0.1, 4))
    y = net.op("ADD", [b, a], (1, 5, 4, 6), q(0.1, 9), options="AddOptions")
    net.fold(2, 2)
    return y


def product(net: Net) -> int:
    a, b = net.input((5, 4, 6), q(0.05, 3)), net.input((5, 4, 6), q(0.21, -128))
    y = net.op("MUL", [a, b], (1, 5, 4, 6), q(0.3, 9), options="MulOptions", fused_activation_function=Activation.RELU)
    net.fold(3, 3)
    return y


def product_enlarged(net: Net) -> int:
    a, b = net.input((4, 4), q(2.5, 127)), net.input((4, 4), q(3.0, -128))
    return net.op("MUL", [a, b], (1, 4, 4), q(0.5, -3), options="MulOptions")


def gated(net: Net) -> int:
    """Squeeze and excite: each channel times a value of the whole image, which its pixels must wait for."""
    x = net.input((5, 6, 8), q(0.05, 3))
    pooled = net.pool("AVERAGE_POOL_2D", x, (5, 6), (5, 6), Padding.VALID)
    gate = net.op("LOGISTIC", [net.conv(pooled, 8, (1, 1), out=q(0.1, 0))], (1, 1, 1, 8), q(1 / 256, -128))
    y = net.op("MUL", [x, gate], (1, 5, 6, 8), q(0.05, 3), options="MulOptions")
    net.fold(4, 4)
    return y


def larger(net: Net) -> int:
    a, b = net.input((5, 4, 6), SCALE), net.input((5, 4, 6), SCALE)
    return net.op("MAXIMUM", [a, b], (1, 5, 4, 6), SCALE, options="MaximumMinimumOptions")


def smaller_than_a_constant(net: Net) -> int:
    a = net.input((5, 4), SCALE)
    return net.op(
        "MINIMUM",
        [a, net.builder.const(np.asarray(40, np.int8), quant=SCALE)],
        (1, 5, 4),
        SCALE,
        options="MaximumMinimumOptions",
    )


def transposed_convolution(
    net: Net, shape: tuple[int, ...], out: tuple[int, ...], kernel: int, stride: int, padding: Padding, *, bias: bool
) -> int:
    x = net.input(shape, q(0.05, 3))
    w, quant = net.weights((out[2], kernel, kernel, shape[2]), 0)
    size = net.builder.const(np.asarray((1, *out), np.int32))
    inputs = [size, w, x, *([net.bias(x, quant, out[2])] if bias else [])]
    return net.op(
        "TRANSPOSE_CONV",
        inputs,
        (1, *out),
        q(0.3, -11),
        options="TransposeConvOptions",
        stride_h=stride,
        stride_w=stride,
        padding=padding,
        version=3 if bias else 1,
    )


def transposed_convolution_same(net: Net) -> int:
    y = transposed_convolution(net, (4, 3, 4), (8, 6, 6), 3, 2, Padding.SAME, bias=True)
    net.fold(2, 3)
    return y


def transposed_convolution_valid(net: Net) -> int:
    return transposed_convolution(net, (3, 4, 2), (8, 11, 3), 2, 3, Padding.VALID, bias=False)


def grouped_convolution(net: Net) -> int:
    x = net.input((5, 6, 6), q(0.05, 3))
    w, quant = net.weights((8, 3, 3, 3), 0)
    y = net.op(
        "CONV_2D",
        [x, w, net.bias(x, quant, 8)],
        (1, 5, 6, 8),
        q(0.3, -11),
        options="Conv2DOptions",
        padding=Padding.SAME,
        stride_h=1,
        stride_w=1,
        version=3,
    )
    net.fold(3, 2)
    return y


def several_kernels_a_channel(net: Net) -> int:
    y = net.conv(net.input((5, 6, 3), q(0.05, 3)), 12, (3, 3), (2, 1), depthwise=True)
    net.fold(1, 2)
    return y


def gelu(net: Net) -> int:
    return net.op("GELU", [net.input((16, 16), q(0.05, 17))], (1, 16, 16), q(0.03, -90), options="GeluOptions")


def from_unsigned(net: Net) -> int:
    x = net.builder.input("u", (1, 16, 16), DType.UINT8, q(0.05, 145))
    return net.op("QUANTIZE", [x], (1, 16, 16), q(0.07, 5), options="QuantizeOptions")


def to_unsigned(net: Net) -> int:
    x = net.input((16, 16), q(0.05, 17))
    return net.builder.op(
        "QUANTIZE", [x], (1, 16, 16), dtype=DType.UINT8, quant=q(0.05, 145), options="QuantizeOptions", version=2
    )


BUILDERS: tuple[Callable[[Net], int], ...] = (
    slice_of_rows,
    slice_of_channels,
    strided_backwards,
    transposed,
    transposed_rows,
    enlarged,
    resized_oddly,
    mirrored,
    padded_channels,
    padded_with_a_value,
    to_space,
    to_depth,
    gathered,
    tiled,
    split,
    unpacked_and_packed,
    joined_of_four,
    joined_by_rows,
    difference,
    sum_with_a_constant,
    product,
    product_enlarged,
    gated,
    larger,
    smaller_than_a_constant,
    transposed_convolution_same,
    transposed_convolution_valid,
    grouped_convolution,
    several_kernels_a_channel,
    gelu,
    from_unsigned,
    to_unsigned,
)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    layers = {build.__name__: build for build in BUILDERS}
    return build_layers(layers, 6, 7, tmp_path_factory.mktemp("movers"))


@pytest.mark.parametrize("name", [build.__name__ for build in BUILDERS])
def test_the_simulation_computes_the_integers_of_litert(name: str, built: Built) -> None:
    wanted, found = built.pairs[name]
    assert np.unique(wanted).size > 1
    assert found.dtype == wanted.dtype
    np.testing.assert_array_equal(found, wanted)


def test_no_branch_locks_up_and_the_slowest_process_sets_the_pace(built: Built) -> None:
    assert built.interval <= timing(built.bundle, flags=UNOPTIMIZED).interval <= 1.1 * built.interval


@pytest.mark.skipif(bool(missing_tools()), reason="clang++ or LLVM's opt is not installed")
def test_every_process_takes_the_cycles_it_was_estimated_at(built: Built) -> None:
    assert max(check_subset(built.bundle / "runtime/hls").cycles.values()) == built.interval


@pytest.mark.slow
def test_exact_width_integers_compute_the_same(built: Built, tmp_path: Path) -> None:
    assert "0 values differ" in exact_width(built.bundle / "runtime/hls", tmp_path)
