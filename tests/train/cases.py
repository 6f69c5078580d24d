"""One small float graph for each use of an operator that training knows, and what its child computes of it."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from packager.ir import Activation, GraphBuilder, MirrorMode, Model, Padding, read_tflite_bytes

Array = npt.NDArray[Any]
Case = Callable[[GraphBuilder, np.random.Generator], list[int]]
IMAGE = (1, 6, 7, 4)


def _floats(b: GraphBuilder, rng: np.random.Generator, *dims: int) -> int:
    return b.const(rng.normal(0, 1, dims).astype(np.float32))


def _ints(b: GraphBuilder, *values: int | list[int]) -> int:
    return b.const(np.array(values, np.int32))


def _steps(size: int, kernel: int, stride: int, dilation: int, padding: Padding) -> int:
    return -(-size // stride) if padding == Padding.SAME else (size - (kernel - 1) * dilation - 1) // stride + 1


def _windowed(
    op: str, weights: tuple[int, ...], stride: tuple[int, int], dilation: int, padding: Padding, **more: Any
) -> Case:  # fmt: skip
    def case(b: GraphBuilder, rng: np.random.Generator) -> list[int]:
        outs = weights[3] if op == "DEPTHWISE_CONV_2D" else weights[0]
        size = [_steps(n, weights[1 + i], stride[i], dilation, padding) for i, n in enumerate(IMAGE[1:3])]
        inputs = [b.input("x", IMAGE), _floats(b, rng, *weights), _floats(b, rng, outs)]
        options = "DepthwiseConv2DOptions" if op == "DEPTHWISE_CONV_2D" else "Conv2DOptions"
        y = b.op(
            op, inputs, (1, *size, outs), options=options, padding=padding, stride_h=stride[0], stride_w=stride[1],
            dilation_h_factor=dilation, dilation_w_factor=dilation, **more,
        )  # fmt: skip
        return [y]

    return case


def _pool(op: str, padding: Padding) -> Case:
    def case(b: GraphBuilder, rng: np.random.Generator) -> list[int]:
        del rng
        size = [_steps(n, k, 2, 1, padding) for n, k in zip(IMAGE[1:3], (3, 2), strict=True)]
        y = b.op(
            op, [b.input("x", IMAGE)], (1, *size, 4), options="Pool2DOptions", padding=padding, stride_h=2, stride_w=2,
            filter_height=3, filter_width=2, fused_activation_function=Activation.RELU6,
        )  # fmt: skip
        return [y]

    return case


def _plain(op: str, dims: tuple[int, ...] = (1, 5), out: tuple[int, ...] = (), options: str = "", **attrs: Any) -> Case:
    """An operator of one input."""

    def case(b: GraphBuilder, rng: np.random.Generator) -> list[int]:
        del rng
        return [b.op(op, [b.input("x", dims)], out or dims, options=options, **attrs)]

    return case


def _positive(op: str) -> Case:
    """An operator whose input is never negative."""

    def case(b: GraphBuilder, rng: np.random.Generator) -> list[int]:
        del rng
        x = b.op("ABS", [b.input("x", (1, 5))], (1, 5), options="AbsOptions")
        return [b.op(op, [b.op("ADD", [x, b.const(np.float32(0.5))], (1, 5), options="AddOptions")], (1, 5))]

    return case


def _with(
    op: str, dims: tuple[int, ...], out: tuple[int, ...], *constants: Array, options: str = "", **attrs: Any
) -> Case:
    """An operator of one input and constants."""

    def case(b: GraphBuilder, rng: np.random.Generator) -> list[int]:
        del rng
        x = b.input("x", dims)
        return [b.op(op, [x, *(b.const(c) for c in constants)], out, options=options, **attrs)]

    return case


def _two(op: str, options: str, **attrs: Any) -> Case:
    def case(b: GraphBuilder, rng: np.random.Generator) -> list[int]:
        x, y = b.input("x", IMAGE), b.input("y", (1, 1, 1, 4))
        first = b.op(op, [x, y], IMAGE, options=options, **attrs)
        return [b.op(op, [first, _floats(b, rng, 4)], IMAGE, options=options, **attrs)]

    return case


def _divided(b: GraphBuilder, rng: np.random.Generator) -> list[int]:
    divisor = b.const((np.abs(rng.normal(size=4)) + 0.5).astype(np.float32))
    return [b.op("DIV", [b.input("x", IMAGE), divisor], IMAGE, options="DivOptions")]


def _power(b: GraphBuilder, rng: np.random.Generator) -> list[int]:
    del rng
    return [b.op("POW", [b.input("x", (1, 5)), b.const(np.array([2.0], np.float32))], (1, 5), options="PowOptions")]


def _dense(b: GraphBuilder, rng: np.random.Generator) -> list[int]:
    """A dense layer that flattens what it reads."""
    inputs = [b.input("x", (1, 2, 3, 4)), _floats(b, rng, 5, 24), _floats(b, rng, 5)]
    return [b.op("FULLY_CONNECTED", inputs, (1, 5), options="FullyConnectedOptions")]


def _dense_kept(b: GraphBuilder, rng: np.random.Generator) -> list[int]:
    inputs = [b.input("x", (1, 3, 4)), _floats(b, rng, 5, 4)]
    return [
        b.op("FULLY_CONNECTED", inputs, (1, 3, 5), options="FullyConnectedOptions", keep_num_dims=True,
             fused_activation_function=Activation.RELU)
    ]  # fmt: skip


def _transposed(stride: int, padding: Padding) -> Case:
    def case(b: GraphBuilder, rng: np.random.Generator) -> list[int]:
        edge = 0 if padding == Padding.SAME else 1
        out = (1, 3 * stride + edge * (3 - stride), 4 * stride + edge * (3 - stride), 5)
        inputs = [_ints(b, *out), _floats(b, rng, 5, 3, 3, 2), b.input("x", (1, 3, 4, 2)), _floats(b, rng, 5)]
        options = "TransposeConvOptions"
        y = b.op(
            "TRANSPOSE_CONV", inputs, out, options=options, padding=padding, stride_h=stride, stride_w=stride, version=3
        )
        return [y]

    return case


def _matmul(b: GraphBuilder, rng: np.random.Generator) -> list[int]:
    inputs = [b.input("x", (1, 3, 4)), _floats(b, rng, 1, 5, 4)]
    return [b.op("BATCH_MATMUL", inputs, (1, 3, 5), options="BatchMatMulOptions", adj_y=True)]


def _joined(b: GraphBuilder, rng: np.random.Generator) -> list[int]:
    parts = [b.input("x", (1, 2, 3)), b.input("y", (1, 2, 2)), _floats(b, rng, 1, 2, 1)]
    return [b.op("CONCATENATION", parts, (1, 2, 6), options="ConcatenationOptions", axis=-1)]


def _split(b: GraphBuilder, rng: np.random.Generator) -> list[int]:
    del rng
    outs = [b.tensor(name, (1, 2, 2)) for name in ("a", "b")]
    b.node("SPLIT", [b.const(np.int32(2)), b.input("x", (1, 2, 4))], outs, options="SplitOptions", num_splits=2)
    return outs


def _split_v(b: GraphBuilder, rng: np.random.Generator) -> list[int]:
    del rng
    outs = [b.tensor("a", (1, 2, 1)), b.tensor("b", (1, 2, 3))]
    b.node("SPLIT_V", [b.input("x", (1, 2, 4)), _ints(b, 1, 3), b.const(np.int32(-1))], outs, options="SplitVOptions",
           num_splits=2)  # fmt: skip
    return outs


_EDGES = np.array([[0, 0], [1, 2], [0, 1], [0, 0]], np.int32)
_WIDER = (1, 9, 8, 4)
_RELU, _CLAMP = ({"fused_activation_function": a} for a in (Activation.RELU, Activation.RELU_N1_TO_1))
_REDUCE = {"options": "ReducerOptions"}
_INT = np.int32
_FLAT = np.array([1, 168], _INT)

CASES: dict[str, Case] = {
    "CONV_2D same": _windowed("CONV_2D", (5, 3, 2, 4), (2, 1), 1, Padding.SAME, **_RELU),
    "CONV_2D valid": _windowed("CONV_2D", (5, 3, 3, 4), (1, 2), 1, Padding.VALID, **_CLAMP),
    "CONV_2D dilated": _windowed("CONV_2D", (5, 2, 3, 4), (1, 1), 2, Padding.SAME),
    "CONV_2D grouped": _windowed("CONV_2D", (6, 3, 3, 2), (1, 1), 1, Padding.SAME),
    "DEPTHWISE_CONV_2D same": _windowed("DEPTHWISE_CONV_2D", (1, 3, 3, 4), (1, 1), 1, Padding.SAME, depth_multiplier=1),
    "DEPTHWISE_CONV_2D stride": _windowed(
        "DEPTHWISE_CONV_2D", (1, 3, 3, 8), (2, 2), 1, Padding.SAME, depth_multiplier=2
    ),
    "DEPTHWISE_CONV_2D uneven": _windowed(
        "DEPTHWISE_CONV_2D", (1, 3, 2, 8), (2, 1), 1, Padding.SAME, depth_multiplier=2
    ),
    "DEPTHWISE_CONV_2D narrow": _windowed(
        "DEPTHWISE_CONV_2D", (1, 2, 3, 4), (1, 2), 2, Padding.VALID, depth_multiplier=1
    ),
    "DEPTHWISE_CONV_2D dilated": _windowed(
        "DEPTHWISE_CONV_2D", (1, 2, 2, 4), (1, 1), 2, Padding.SAME, depth_multiplier=1
    ),
    "FULLY_CONNECTED flat": _dense,
    "FULLY_CONNECTED kept": _dense_kept,
    "TRANSPOSE_CONV same": _transposed(2, Padding.SAME),
    "TRANSPOSE_CONV valid": _transposed(2, Padding.VALID),
    "BATCH_MATMUL": _matmul,
    **{
        op: _plain(op)
        for op in (
            "ABS", "COS", "ELU", "EXP", "LOGISTIC", "NEG", "RELU", "RELU6", "RELU_N1_TO_1", "SIN", "SQUARE", "TANH",
            "HARD_SWISH", "LOG_SOFTMAX",
        )
    },
    **{op: _positive(op) for op in ("LOG", "SQRT", "RSQRT")},
    "LEAKY_RELU": _plain("LEAKY_RELU", options="LeakyReluOptions", alpha=0.2),
    "GELU": _plain("GELU", options="GeluOptions", approximate=False),
    "GELU approximate": _plain("GELU", options="GeluOptions", approximate=True),
    "PRELU": _with("PRELU", IMAGE, IMAGE, np.array([[[0.1, 0.2, -0.3, 0.0]]], np.float32)),
    "SOFTMAX": _plain("SOFTMAX", options="SoftmaxOptions", beta=2.0),
    "L2_NORMALIZATION": _plain("L2_NORMALIZATION", options="L2NormOptions"),
    "ADD": _two("ADD", "AddOptions", **_RELU),
    "SUB": _two("SUB", "SubOptions"),
    "MUL": _two("MUL", "MulOptions"),
    "MAXIMUM": _two("MAXIMUM", "MaximumMinimumOptions"),
    "MINIMUM": _two("MINIMUM", "MaximumMinimumOptions"),
    "SQUARED_DIFFERENCE": _two("SQUARED_DIFFERENCE", "SquaredDifferenceOptions"),
    "DIV": _divided,
    "POW": _power,
    "AVERAGE_POOL_2D same": _pool("AVERAGE_POOL_2D", Padding.SAME),
    "AVERAGE_POOL_2D valid": _pool("AVERAGE_POOL_2D", Padding.VALID),
    "MAX_POOL_2D same": _pool("MAX_POOL_2D", Padding.SAME),
    "MAX_POOL_2D valid": _pool("MAX_POOL_2D", Padding.VALID),
    "MEAN": _with("MEAN", IMAGE, (1, 4), np.array([1, 2], _INT), **_REDUCE),
    "SUM": _with("SUM", IMAGE, (1, 6, 1, 4), np.array([-2], _INT), keep_dims=True, **_REDUCE),
    "REDUCE_MAX": _with("REDUCE_MAX", IMAGE, (1, 4), np.array([1, 2], _INT), **_REDUCE),
    "REDUCE_MIN": _with("REDUCE_MIN", IMAGE, (1, 6, 7), np.array([3], _INT), **_REDUCE),
    "RESHAPE": _with("RESHAPE", IMAGE, (1, 168), _FLAT, options="ReshapeOptions", new_shape=(1, 168)),
    "SQUEEZE": _plain("SQUEEZE", (1, 1, 1, 4), (1, 4), "SqueezeOptions", squeeze_dims=(1, 2)),
    "EXPAND_DIMS": _with("EXPAND_DIMS", (1, 4), (1, 1, 4), np.array([1], _INT), options="ExpandDimsOptions"),
    "TRANSPOSE": _with(
        "TRANSPOSE", IMAGE, (1, 4, 6, 7), np.array([0, 3, 1, 2], _INT), options="TransposeOptions"
    ),
    "CONCATENATION": _joined,
    "PAD": _with("PAD", IMAGE, _WIDER, _EDGES, options="PadOptions"),
    "PADV2": _with("PADV2", IMAGE, _WIDER, _EDGES, np.array([-1.5], np.float32), options="PadV2Options"),
    "MIRROR_PAD reflect": _with(
        "MIRROR_PAD", IMAGE, _WIDER, _EDGES, options="MirrorPadOptions", mode=MirrorMode.REFLECT
    ),
    "MIRROR_PAD symmetric": _with(
        "MIRROR_PAD", IMAGE, _WIDER, _EDGES, options="MirrorPadOptions", mode=MirrorMode.SYMMETRIC
    ),
    "RESIZE_BILINEAR": _with(
        "RESIZE_BILINEAR", IMAGE, (1, 9, 11, 4), np.array([9, 11], _INT), options="ResizeBilinearOptions",
        half_pixel_centers=True,
    ),
    "RESIZE_BILINEAR corners": _with(
        "RESIZE_BILINEAR", IMAGE, (1, 9, 11, 4), np.array([9, 11], _INT), options="ResizeBilinearOptions",
        align_corners=True,
    ),
    "RESIZE_NEAREST_NEIGHBOR": _with(
        "RESIZE_NEAREST_NEIGHBOR", IMAGE, (1, 12, 14, 4), np.array([12, 14], _INT),
        options="ResizeNearestNeighborOptions",
    ),
    "SLICE": _with(
        "SLICE", IMAGE, (1, 3, 7, 2), np.array([0, 2, 0, 1], _INT), np.array([1, 3, -1, 2], _INT),
        options="SliceOptions",
    ),
    "SPLIT": _split,
    "SPLIT_V": _split_v,
    "DEPTH_TO_SPACE": _plain("DEPTH_TO_SPACE", (1, 2, 3, 8), (1, 4, 6, 2), "DepthToSpaceOptions", block_size=2),
    "SPACE_TO_DEPTH": _plain("SPACE_TO_DEPTH", (1, 4, 6, 2), (1, 2, 3, 8), "SpaceToDepthOptions", block_size=2),
}  # fmt: skip


def model_of(name: str) -> Model:
    b = GraphBuilder()
    outputs = CASES[name](b, np.random.default_rng(5))
    return b.model(outputs, name.replace(" ", "_").lower())


def computed(blobs: dict[str, bytes], inputs: dict[str, list[Array]]) -> dict[str, tuple[list[Array], bool]]:
    """The child's side: each graph's outputs, and whether every input and weight has a finite gradient."""
    import tensorflow as tf

    from packager.train.check import trained_constants
    from packager.train.forward import forward

    found = {}
    for name, blob in blobs.items():
        graph = read_tflite_bytes(blob, name=name, source=name).main
        given = [tf.constant(x) for x in inputs[name]]
        weights = {t: tf.constant(graph.tensors[t].data) for t in trained_constants(graph)}
        with tf.GradientTape() as tape:
            sources = [*given, *weights.values()]
            tape.watch(sources)
            known = forward(graph, given, weights)
            loss = tf.add_n([tf.reduce_sum(tf.square(known[t])) for t in graph.outputs])
        slopes = tape.gradient(loss, sources)
        fine = all(g is not None and np.isfinite(tf.convert_to_tensor(g).numpy()).all() for g in slopes)
        found[name] = ([known[t].numpy() for t in graph.outputs], fine)
    return found
