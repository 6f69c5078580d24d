"""A graph for every operator's ONNX form, and more where options change the form."""

from collections.abc import Callable
from typing import Any

import numpy as np
from emit.onnx.judging import conv, pointwise

from packager.ir import Activation, DType, GraphBuilder, MirrorMode, Padding

Build = Callable[[GraphBuilder, int], int | list[int]]
"""Adds an operator behind the tensor given, [1, 6, 8, 4], and returns what it puts out."""
Dims = tuple[int, ...]
SHAPE = (1, 6, 8, 4)
RNG = np.random.default_rng(3)


def f32(*dims: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return RNG.normal(size=dims).astype(np.float32)


def i32(*values: int) -> np.ndarray[tuple[int, ...], np.dtype[np.int32]]:
    return np.array(values, np.int32)


def unary(op: str, options: str = "", **attrs: Any) -> Build:
    return lambda b, x: b.op(op, [x], SHAPE, options=options, **attrs)


def positive(op: str) -> Build:
    """For operators that are real above zero only."""
    return lambda b, x: b.op(op, [b.op("EXP", [x], SHAPE, options="ExpOptions")], SHAPE)


def binary(op: str, options: str = "", *dims: int, **attrs: Any) -> Build:
    return lambda b, x: b.op(op, [x, b.const(f32(*dims))], SHAPE, options=options, **attrs)


def squeezed(op: str) -> Build:
    """A squeeze-and-excite gate: both operands computed, one of size 1 in the image's axes."""

    def build(b: GraphBuilder, x: int) -> int:
        mean = b.op("MEAN", [x, b.const(i32(1, 2))], (1, 1, 1, 4), options="ReducerOptions", keep_dims=True)
        return b.op(op, [x, pointwise(b, mean, 4)], SHAPE, options=f"{op.title()}Options")

    return build


def lower_rank(b: GraphBuilder, x: int) -> int:
    """A computed operand of lower rank: TFLite lines its axes up with the last ones."""
    row = b.op("MEAN", [x, b.const(i32(0, 1, 3))], (8,), options="ReducerOptions")
    row = b.op("RESHAPE", [row, b.const(i32(8, 1))], (8, 1), options="ReshapeOptions", new_shape=[8, 1])
    return b.op("ADD", [x, row], SHAPE, options="AddOptions")


def reduce(op: str, axes: tuple[int, ...], *, keep: bool) -> Build:
    kept = [1 if a in {ax % 4 for ax in axes} else s for a, s in enumerate(SHAPE)]
    dims = tuple(kept) if keep else tuple(s for a, s in enumerate(SHAPE) if a not in {ax % 4 for ax in axes})
    return lambda b, x: b.op(op, [x, b.const(i32(*axes))], dims, options="ReducerOptions", keep_dims=keep)


def reshape(*dims: int) -> Build:
    return lambda b, x: b.op("RESHAPE", [x, b.const(i32(*dims))], dims, options="ReshapeOptions", new_shape=dims)


def dense(*, keep: bool) -> Build:
    def build(b: GraphBuilder, x: int) -> int:
        inputs = [x, b.const(f32(5, 4)), b.const(f32(5))]
        dims = (1, 6, 8, 5) if keep else (48, 5)
        return b.op("FULLY_CONNECTED", inputs, dims, options="FullyConnectedOptions", keep_num_dims=keep)

    return build


def flatten_dense(b: GraphBuilder, x: int) -> int:
    flat = reshape(1, 192)(b, x)
    assert isinstance(flat, int)
    inputs = [flat, b.const(f32(5, 192))]
    return b.op("FULLY_CONNECTED", inputs, (1, 5), options="FullyConnectedOptions", fused_activation_function=1)


def flatten_and_keep(b: GraphBuilder, x: int) -> list[int]:
    """The flattened tensor is an output as well, so its order must be the native one."""
    flat = reshape(1, 192)(b, x)
    assert isinstance(flat, int)
    return [flat, b.op("FULLY_CONNECTED", [flat, b.const(f32(5, 192))], (1, 5), options="FullyConnectedOptions")]


def convolution(activation: Activation = Activation.NONE, **options: Any) -> Build:
    return lambda b, x: conv(b, x, f32(5, 3, 3, 4), f32(5), activation=activation, **options)


def grouped(b: GraphBuilder, x: int) -> int:
    return conv(b, x, f32(6, 3, 3, 2), f32(6))


def depthwise(multiplier: int, stride: int, padding: Padding) -> Build:
    def build(b: GraphBuilder, x: int) -> int:
        size = [-(-s // stride) if padding is Padding.SAME else (s - 3) // stride + 1 for s in (6, 8)]
        return b.op(
            "DEPTHWISE_CONV_2D",
            [x, b.const(f32(1, 3, 3, 4 * multiplier)), b.const(f32(4 * multiplier))],
            (1, *size, 4 * multiplier),
            options="DepthwiseConv2DOptions",
            stride_h=stride,
            stride_w=stride,
            depth_multiplier=multiplier,
            padding=int(padding),
            fused_activation_function=int(Activation.RELU6),
        )

    return build


def transpose_conv(padding: Padding, *size: int, bias: bool) -> Build:
    def build(b: GraphBuilder, x: int) -> int:
        inputs = [b.const(i32(1, *size, 5)), b.const(f32(5, 3, 3, 4)), x]
        inputs += [b.const(f32(5))] if bias else []
        return b.op(
            "TRANSPOSE_CONV",
            inputs,
            (1, *size, 5),
            options="TransposeConvOptions",
            stride_h=2,
            stride_w=2,
            padding=int(padding),
            version=3 if bias else 1,
        )

    return build


def pool(op: str, padding: Padding) -> Build:
    size = (3, 4) if padding is Padding.SAME else (2, 3)
    return lambda b, x: b.op(
        op,
        [x],
        (1, *size, 4),
        options="Pool2DOptions",
        filter_height=3,
        filter_width=3,
        stride_h=2,
        stride_w=2,
        padding=int(padding),
        fused_activation_function=int(Activation.RELU),
    )


def pad(op: str, *more: float, **attrs: Any) -> Build:
    def build(b: GraphBuilder, x: int) -> int:
        amounts = np.array([[0, 0], [1, 2], [3, 0], [0, 0]], np.int32)
        extra = [b.const(np.float32(v)) for v in more]
        options = {"PAD": "PadOptions", "PADV2": "PadV2Options", "MIRROR_PAD": "MirrorPadOptions"}[op]
        return b.op(op, [x, b.const(amounts), *extra], (1, 9, 11, 4), options=options, **attrs)

    return build


def concatenation(axis: int) -> Build:
    def build(b: GraphBuilder, x: int) -> int:
        dims = list(SHAPE)
        dims[axis] += 3 if axis in (-1, 3) else dims[axis]
        other = pointwise(b, x, 3, seed=1) if axis in (-1, 3) else pointwise(b, x, 4, seed=1)
        return b.op("CONCATENATION", [x, other], tuple(dims), options="ConcatenationOptions", axis=axis)

    return build


def transpose(*perm: int) -> Build:
    return lambda b, x: b.op("TRANSPOSE", [x, b.const(i32(*perm))], tuple(SHAPE[p] for p in perm))


def strided(begin: Dims, end: Dims, stride: Dims, dims: Dims, **masks: Any) -> Build:
    return lambda b, x: b.op(
        "STRIDED_SLICE",
        [x, b.const(i32(*begin)), b.const(i32(*end)), b.const(i32(*stride))],
        dims,
        options="StridedSliceOptions",
        **masks,
    )


def split(b: GraphBuilder, x: int) -> list[int]:
    outs = [b.tensor(f"part{i}", (1, 6, 8, 2)) for i in range(2)]
    b.node("SPLIT", [b.const(np.int32(3)), x], outs, options="SplitOptions", num_splits=2)
    return outs


def split_v(b: GraphBuilder, x: int) -> list[int]:
    outs = [b.tensor(f"part{i}", (1, rows, 8, 4)) for i, rows in enumerate((1, 2, 3))]
    inputs = [x, b.const(i32(1, 2, 3)), b.const(np.int32(1))]
    b.node("SPLIT_V", inputs, outs, options="SplitVOptions", num_splits=3)
    return outs


def pack(b: GraphBuilder, x: int) -> int:
    return b.op("PACK", [x, pointwise(b, x, 4)], (1, 6, 2, 8, 4), options="PackOptions", axis=2, values_count=2)


def unpack(b: GraphBuilder, x: int) -> list[int]:
    outs = [b.tensor(f"part{i}", (1, 6, 8)) for i in range(4)]
    b.node("UNPACK", [x], outs, options="UnpackOptions", axis=-1, num=4)
    return outs


def gather(b: GraphBuilder, x: int) -> int:
    return b.op("GATHER", [x, b.const(i32(5, 0, 0))], (1, 3, 8, 4), options="GatherOptions", axis=1)


def resize(op: str, height: int, width: int, *, align: bool = False, half: bool = False) -> Build:
    options = "ResizeBilinearOptions" if op == "RESIZE_BILINEAR" else "ResizeNearestNeighborOptions"
    return lambda b, x: b.op(
        op,
        [x, b.const(i32(height, width))],
        (1, height, width, 4),
        options=options,
        align_corners=align,
        half_pixel_centers=half,
    )


def matmul(*, adj_x: bool, adj_y: bool, constant: bool) -> Build:
    def build(b: GraphBuilder, x: int) -> int:
        right = (3, 6 if adj_x else 8) if adj_y else (6 if adj_x else 8, 3)
        left = b.op("TRANSPOSE", [x, b.const(i32(0, 3, 1, 2))], (1, 4, 6, 8))
        other = b.const(f32(*right)) if constant else b.input("other", (1, 4, *right))
        dims = (1, 4, 8 if adj_x else 6, 3)
        return b.op("BATCH_MATMUL", [left, other], dims, options="BatchMatMulOptions", adj_x=adj_x, adj_y=adj_y)

    return build


def arg(op: str) -> Build:
    options = f"Arg{op[4:].title()}Options"
    last = np.int32(3)
    return lambda b, x: b.op(op, [x, b.const(last)], (1, 6, 8), options=options, dtype=DType.INT32, output_type=2)


SHUFFLED = (1, 4, 6, 8)
CASES: dict[str, Build] = {
    "conv same": convolution(),
    "conv valid stride": convolution(stride=2, padding=Padding.VALID),
    "conv same stride relu": convolution(Activation.RELU, stride=2),
    "conv dilated relu6": convolution(Activation.RELU6, dilation=2),
    "conv relu_n1": convolution(Activation.RELU_N1_TO_1),
    "conv groups": grouped,
    "depthwise": depthwise(1, 1, Padding.SAME),
    "depthwise multiplier stride": depthwise(2, 2, Padding.VALID),
    "transpose_conv same": transpose_conv(Padding.SAME, 12, 16, bias=False),
    "transpose_conv same odd": transpose_conv(Padding.SAME, 11, 15, bias=True),
    "transpose_conv valid": transpose_conv(Padding.VALID, 13, 17, bias=True),
    "fully_connected keep": dense(keep=True),
    "fully_connected": dense(keep=False),
    "fully_connected flat": flatten_dense,
    "fully_connected flat shared": flatten_and_keep,
    "average_pool same": pool("AVERAGE_POOL_2D", Padding.SAME),
    "average_pool valid": pool("AVERAGE_POOL_2D", Padding.VALID),
    "max_pool same": pool("MAX_POOL_2D", Padding.SAME),
    "add const": binary("ADD", "AddOptions", 4, fused_activation_function=1),
    "add scalar": binary("ADD", "AddOptions"),
    "add gate": squeezed("ADD"),
    "add lower rank": lower_rank,
    "sub": binary("SUB", "SubOptions", 1, 6, 8, 4),
    "mul": binary("MUL", "MulOptions", 8, 1),
    "mul gate": squeezed("MUL"),
    "div": binary("DIV", "DivOptions", 4),
    "maximum": binary("MAXIMUM", "MaximumMinimumOptions", 4),
    "minimum": binary("MINIMUM", "MaximumMinimumOptions", 6, 1, 1),
    "squared_difference": binary("SQUARED_DIFFERENCE", "SquaredDifferenceOptions", 4),
    "pow": lambda b, x: b.op("POW", [b.op("ABS", [x], SHAPE), b.const(np.float32(1.5))], SHAPE, options="PowOptions"),
    "prelu": binary("PRELU", "", 1, 1, 4),
    "relu": unary("RELU"),
    "relu6": unary("RELU6"),
    "relu_n1_to_1": unary("RELU_N1_TO_1"),
    "relu_0_to_1": unary("RELU_0_TO_1"),
    "leaky_relu": unary("LEAKY_RELU", "LeakyReluOptions", alpha=0.3),
    "elu": unary("ELU"),
    "gelu": unary("GELU", "GeluOptions", approximate=False),
    "gelu approximate": unary("GELU", "GeluOptions", approximate=True),
    "hard_swish": unary("HARD_SWISH", "HardSwishOptions"),
    "logistic": unary("LOGISTIC"),
    "tanh": unary("TANH"),
    "abs": unary("ABS", "AbsOptions"),
    "exp": unary("EXP", "ExpOptions"),
    "neg": unary("NEG", "NegOptions"),
    "sin": unary("SIN"),
    "cos": unary("COS", "CosOptions"),
    "floor": unary("FLOOR"),
    "ceil": unary("CEIL"),
    "square": unary("SQUARE", "SquareOptions"),
    "sqrt": positive("SQRT"),
    "rsqrt": positive("RSQRT"),
    "log": positive("LOG"),
    "softmax": unary("SOFTMAX", "SoftmaxOptions", beta=1.0),
    "softmax beta": unary("SOFTMAX", "SoftmaxOptions", beta=0.5),
    "log_softmax": unary("LOG_SOFTMAX", "LogSoftmaxOptions"),
    "l2_normalization": unary("L2_NORMALIZATION", "L2NormOptions"),
    "mean global": reduce("MEAN", (1, 2), keep=True),
    "mean global drop": reduce("MEAN", (1, 2), keep=False),
    "mean channels": reduce("MEAN", (-1,), keep=True),
    "mean rows drop": reduce("MEAN", (1,), keep=False),
    "sum": reduce("SUM", (2,), keep=False),
    "reduce_max": reduce("REDUCE_MAX", (1, 2), keep=False),
    "reduce_min": reduce("REDUCE_MIN", (3,), keep=False),
    "reduce_prod": reduce("REDUCE_PROD", (1,), keep=True),
    "reshape": reshape(1, 4, 48),
    "reshape rows": reshape(1, 48, 4),
    "reshape flat": reshape(1, 192),
    "reshape rank 5": reshape(1, 2, 3, 8, 4),
    "squeeze": lambda b, x: b.op("SQUEEZE", [x], SHAPE[1:], options="SqueezeOptions", squeeze_dims=[0]),
    "expand_dims": lambda b, x: b.op("EXPAND_DIMS", [x, b.const(np.int32(1))], (1, 1, 6, 8, 4)),
    "pad": pad("PAD"),
    "padv2": pad("PADV2", -1.5),
    "mirror_pad": pad("MIRROR_PAD", mode=int(MirrorMode.REFLECT)),
    "concatenation channels": concatenation(-1),
    "concatenation rows": concatenation(1),
    "transpose": transpose(0, 2, 1, 3),
    "transpose to channels first": transpose(0, 3, 1, 2),
    "slice": lambda b, x: b.op("SLICE", [x, b.const(i32(0, 1, 0, 2)), b.const(i32(1, 4, -1, 2))], (1, 4, 8, 2)),
    "strided_slice": strided((0, 1, 0, -3), (1, 6, 8, -1), (1, 2, 1, 1), (1, 3, 8, 2), begin_mask=4),
    "strided_slice backwards": strided((0, 5, 0, 0), (1, 0, 8, 4), (1, -2, 1, 1), (1, 3, 8, 4), end_mask=2),
    "strided_slice shrink": strided((0, 0, 3, 0), (1, 6, 4, 4), (1, 1, 1, 1), (1, 6, 4), shrink_axis_mask=4),
    "strided_slice few": strided((0, 2), (1, 5), (1, 1), (1, 3, 8, 4)),
    "split": split,
    "split_v": split_v,
    "pack": pack,
    "unpack": unpack,
    "gather": gather,
    "resize_bilinear": resize("RESIZE_BILINEAR", 12, 16),
    "resize_bilinear half": resize("RESIZE_BILINEAR", 9, 5, half=True),
    "resize_bilinear corners": resize("RESIZE_BILINEAR", 11, 15, align=True),
    "resize_nearest": resize("RESIZE_NEAREST_NEIGHBOR", 12, 12),
    "resize_nearest half": resize("RESIZE_NEAREST_NEIGHBOR", 9, 20, half=True),
    "resize_nearest corners": resize("RESIZE_NEAREST_NEIGHBOR", 11, 15, align=True),
    "depth_to_space": lambda b, x: b.op(
        "DEPTH_TO_SPACE", [x], (1, 12, 16, 1), options="DepthToSpaceOptions", block_size=2
    ),
    "space_to_depth": lambda b, x: b.op(
        "SPACE_TO_DEPTH", [x], (1, 3, 4, 16), options="SpaceToDepthOptions", block_size=2
    ),
    "tile": lambda b, x: b.op("TILE", [x, b.const(i32(1, 2, 1, 3))], (1, 12, 8, 12)),
    "broadcast_to": lambda b, x: b.op("BROADCAST_TO", [x, b.const(i32(2, 6, 8, 4))], (2, 6, 8, 4), version=2),
    "cast": lambda b, x: b.op("CAST", [x], SHAPE, options="CastOptions", dtype=DType.INT32),
    "arg_max": arg("ARG_MAX"),
    "arg_min": arg("ARG_MIN"),
    "batch_matmul": matmul(adj_x=False, adj_y=False, constant=False),
    "batch_matmul adjoint": matmul(adj_x=True, adj_y=True, constant=False),
    "batch_matmul constant": matmul(adj_x=False, adj_y=True, constant=True),
}
