"""Every kernel against the interpreter, over the awkward cases that the interpreter is held to LiteRT with."""

import platform
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from emit.c.making import SANITIZED, STRICT, check, emitted, together, written
from ops.convolving import Case, convolution, dense, depthwise
from ops.judging import binary, inputs_for, quant, unary
from ops.test_conv_2d import CASES as CONVOLUTIONS
from ops.test_depthwise_conv_2d import CASES as DEPTHWISE
from ops.test_fully_connected import CASES as DENSE

from packager.ir import Activation, DType, GraphBuilder, MirrorMode, Model, Padding
from packager.measure.c import compiler
from packager.ops import ARITHMETICS

SAME = (0.05, 3)
Shape = tuple[int, ...]


def int32(*values: int) -> np.ndarray[Any, Any]:
    return np.asarray(values, np.int32)


def moved(op: str, shape: Shape, out: Shape, *consts: Any, **attrs: Any) -> Model:
    return unary(op, shape, out, x=SAME, y=SAME, consts=consts, **attrs)


def joined(op: str, shapes: tuple[Shape, ...], out: Shape, options: str, **attrs: Any) -> Model:
    b = GraphBuilder()
    parts = [b.input(f"x{i}", shape, DType.INT8, quant(*SAME)) for i, shape in enumerate(shapes)]
    return b.model([b.op(op, parts, out, options=options, dtype=DType.INT8, quant=quant(*SAME), **attrs)])


def parted(op: str, shape: Shape, outs: tuple[Shape, ...], options: str, *, axis_first: bool, **attrs: Any) -> Model:
    b = GraphBuilder()
    x = b.input("x", shape, DType.INT8, quant(*SAME))
    inputs = [b.const(np.asarray(2, np.int32)), x] if axis_first else [x]
    results = [b.tensor(f"y{i}", out, DType.INT8, quant(*SAME)) for i, out in enumerate(outs)]
    b.node(op, inputs, results, options=options, **attrs)
    return b.model(results)


def uneven(shape: Shape, sizes: Shape, axis: int) -> Model:
    """SPLIT_V, the size of whose last part is left to be worked out."""
    b = GraphBuilder()
    x = b.input("x", shape, DType.INT8, quant(*SAME))
    inputs = [x, b.const(int32(*sizes[:-1], -1)), b.const(np.asarray(axis, np.int32))]
    outs = [tuple(n if i == axis % len(shape) else size for i, size in enumerate(shape)) for n in sizes]
    results = [b.tensor(f"y{i}", out, DType.INT8, quant(*SAME)) for i, out in enumerate(outs)]
    b.node("SPLIT_V", inputs, results, options="SplitVOptions", num_splits=len(sizes))
    return b.model(results)


def padded_with(value: int) -> Model:
    b = GraphBuilder()
    x = b.input("x", (1, 3, 4, 2), DType.INT8, quant(*SAME))
    fill = b.const(np.asarray(value, np.int8), "fill", quant(*SAME))
    y = b.op(
        "PADV2", [x, b.const(EDGES), fill], (1, 6, 7, 2), options="PadV2Options", dtype=DType.INT8, quant=quant(*SAME)
    )
    return b.model([y])


def pooled(op: str, shape: Shape, size: Shape, stride: Shape, padding: Padding, activation: int = 0) -> Model:
    out = [
        -(-n // s) if padding is Padding.SAME else (n - k) // s + 1
        for n, k, s in zip(shape[1:3], size, stride, strict=True)
    ]
    return moved(
        op,
        shape,
        (shape[0], *out, shape[3]),
        options="Pool2DOptions",
        padding=padding,
        filter_height=size[0],
        filter_width=size[1],
        stride_h=stride[0],
        stride_w=stride[1],
        fused_activation_function=activation,
    )


def reduced(op: str, shape: Shape, axes: Shape, **rest: Any) -> Model:
    out = tuple(n for i, n in enumerate(shape) if i not in axes)
    return unary(op, shape, out, consts=[int32(*axes)], options="ReducerOptions", **rest)


def transposed(
    shape: Shape, kernel: Shape, channels: int, stride: Shape, out: Shape, padding: Padding, output: float = 0.06
) -> Model:
    rng = np.random.default_rng(0)
    b = GraphBuilder()
    x = b.input("x", shape, DType.INT8, quant(*SAME))
    weights = b.const(rng.integers(-127, 128, (channels, *kernel, shape[3])).astype(np.int8), "w", quant(0.01))
    size = b.const(int32(*out))
    bias = b.const(rng.integers(-5000, 5000, channels).astype(np.int32), "b", quant(0.0005))
    y = b.op(
        "TRANSPOSE_CONV",
        [size, weights, x, bias],
        out,
        options="TransposeConvOptions",
        dtype=DType.INT8,
        quant=quant(output, 5),
        stride_h=stride[0],
        stride_w=stride[1],
        padding=padding,
    )
    return b.model([y])


def sums(op: str, options: str) -> dict[str, Model]:
    shapes = {"same": (1, 4, 5, 6), "channel": (6,), "column": (1, 4, 1, 6), "scalar": (1, 1, 1, 1)}
    found = {n: binary(op, ((1, 4, 5, 6), shape), options=options) for n, shape in shapes.items()}
    found["constant"] = binary(op, ((1, 4, 5, 6), (6,)), constant=1, options=options)
    found["both"] = binary(op, ((1, 4, 1, 6), (1, 1, 5, 1)), options=options)
    for name, scales, zeros in (
        ("far", (0.5, 0.0001, 0.002), (-128, 127, -128)),
        ("coarse", (0.001, 0.001, 0.9), (127, -128, 127)),
        ("saturating", (0.9, 0.9, 0.01), (0, 0, 0)),
    ):
        found[name] = binary(op, ((1, 300), (1, 300)), scales=scales, zeros=zeros, options=options)
    found["relu6"] = binary(op, ((1, 300), (1, 300)), options=options, fused_activation_function=Activation.RELU6)
    return found


EDGES = np.asarray([[0, 0], [1, 2], [0, 3], [0, 0]], np.int32)
EVERY = (1, 16, 16, 1)
TABLES: dict[str, dict[str, Model]] = {
    "conv_2d": {
        **{n: convolution(case) for n, case in CONVOLUTIONS.items() if case.bias},
        "column": convolution(Case(shape=(1, 20, 1, 5), kernel=(4, 1), stride=(3, 1))),
        "column-valid": convolution(Case(shape=(1, 20, 1, 5), kernel=(4, 1), padding=Padding.VALID)),
        "column-dilated": convolution(Case(shape=(1, 20, 1, 4), kernel=(3, 1), dilation=(4, 1))),
        "wide-pointwise": convolution(Case(shape=(2, 5, 7, 16), kernel=(1, 1), channels=40)),
        "many-outputs": convolution(Case(channels=33)),
        "many-pixels": convolution(Case(shape=(2, 13, 12, 24), channels=9)),
    },
    "depthwise_conv_2d": {
        **{n: depthwise(case) for n, case in DEPTHWISE.items() if case.bias},
        **{
            f"channels-{n}": depthwise(Case(shape=(1, 6, 7, n), channels=n, stride=(1 + n // 40, 1)))
            for n in (1, 8, 16, 24, 40, 100)
        },
        "by-height": depthwise(Case(shape=(2, 9, 8, 4), channels=4, kernel=(4, 1), padding=Padding.VALID)),
    },
    "fully_connected": {
        **{n: dense(case) for n, case in DENSE.items() if case.bias},
        "wide": dense(Case(shape=(1, 130), channels=91)),
        "many": dense(Case(shape=(23, 18), channels=21)),
    },
    "transpose_conv": {
        "same": transposed((1, 4, 5, 3), (3, 3), 5, (2, 2), (1, 8, 10, 5), Padding.SAME),
        "valid": transposed((1, 4, 5, 3), (3, 2), 5, (2, 3), (1, 9, 14, 5), Padding.VALID),
        "stride-over-kernel": transposed((1, 3, 3, 4), (2, 2), 2, (3, 3), (1, 9, 9, 2), Padding.SAME),
        "ties": transposed((2, 4, 3, 4), (1, 2), 19, (3, 2), (2, 12, 6, 19), Padding.SAME, 0.0005 * 2048),
        "unit": transposed((1, 4, 4, 2), (3, 3), 17, (1, 1), (1, 4, 4, 17), Padding.SAME),
    },
    "average_pool_2d": {
        "whole": pooled("AVERAGE_POOL_2D", (1, 25, 5, 64), (25, 5), (25, 5), Padding.VALID),
        "same": pooled("AVERAGE_POOL_2D", (1, 7, 5, 3), (3, 3), (2, 2), Padding.SAME),
        "stride-over-kernel": pooled("AVERAGE_POOL_2D", (2, 9, 9, 17), (2, 2), (3, 3), Padding.VALID),
        "relu": pooled("AVERAGE_POOL_2D", (1, 6, 6, 5), (2, 3), (1, 1), Padding.SAME, Activation.RELU),
    },
    "max_pool_2d": {
        "same": pooled("MAX_POOL_2D", (1, 7, 5, 3), (3, 3), (2, 2), Padding.SAME),
        "valid": pooled("MAX_POOL_2D", (2, 9, 9, 17), (2, 2), (3, 3), Padding.VALID),
        "relu6": pooled("MAX_POOL_2D", (1, 6, 6, 5), (2, 3), (1, 1), Padding.SAME, Activation.RELU6),
    },
    "add": sums("ADD", "AddOptions"),
    "sub": sums("SUB", "SubOptions"),
    "mul": sums("MUL", "MulOptions"),
    "minimum": {
        op: binary(
            op, ((1, 4, 5, 6), (1, 1, 5, 6)), scales=(0.05,) * 3, zeros=(3,) * 3, options="MaximumMinimumOptions"
        )
        for op in ("MINIMUM", "MAXIMUM")
    },
    "prelu": {
        "channel": binary("PRELU", ((1, 6, 7, 5), (1, 1, 5))),
        "whole": binary("PRELU", ((1, 6, 7, 5), (6, 7, 5)), zeros=(-128, 127, 0)),
    },
    "softmax": {
        "keywords": unary("SOFTMAX", (1, 12), y=(1 / 256, -128), options="SoftmaxOptions", beta=1.0),
        "rows": unary("SOFTMAX", (7, 100), x=(0.2, -128), y=(1 / 256, -128), options="SoftmaxOptions", beta=0.5),
        "steep": unary("SOFTMAX", (5, 300), x=(0.9, 127), y=(1 / 256, -128), options="SoftmaxOptions", beta=1.0),
        "coarse": unary("SOFTMAX", (5, 9), x=(100.0, 3), y=(1 / 256, -128), options="SoftmaxOptions", beta=1.0),
        "two": unary("SOFTMAX", (50, 2), x=(0.01, 0), y=(1 / 256, -128), options="SoftmaxOptions", beta=1.0),
    },
    "reductions": {
        **{f"mean-{axes}": reduced("MEAN", (1, 5, 6, 7), axes) for axes in ((1, 2), (3,), (1,), (1, 2, 3))},
        "mean-apart": reduced("MEAN", (1, 5, 1, 7), (0, 2)),
        "sum": reduced("SUM", (1, 5, 6, 7), (1, 2), x=(0.05, -128), y=(0.9, 127)),
        "max": reduced("REDUCE_MAX", (1, 5, 6, 7), (2,), x=SAME, y=SAME),
    },
    "lookups": {
        **{op: unary(op, EVERY) for op in ("RELU", "RELU6", "RELU_N1_TO_1", "HARD_SWISH", "QUANTIZE", "ELU")},
        "LOGISTIC": unary("LOGISTIC", EVERY, y=(1 / 256, -128)),
        "TANH": unary("TANH", EVERY, y=(1 / 128, 0)),
        "LEAKY_RELU": unary("LEAKY_RELU", EVERY, options="LeakyReluOptions", alpha=0.3),
    },
    "moves": {
        "reshape": moved(
            "RESHAPE", (1, 4, 6), (1, 8, 3), int32(1, 8, 3), options="ReshapeOptions", new_shape=(1, 8, 3)
        ),
        "squeeze": moved("SQUEEZE", (1, 1, 6, 1), (1, 6), options="SqueezeOptions", squeeze_dims=(1, 3)),
        "expand": moved("EXPAND_DIMS", (1, 6), (1, 1, 6), int32(1), options="ExpandDimsOptions"),
        **{
            f"transpose-{order}": moved(
                "TRANSPOSE",
                (1, 3, 4, 5),
                tuple((1, 3, 4, 5)[i] for i in order),
                int32(*order),
                options="TransposeOptions",
            )
            for order in ((0, 2, 1, 3), (0, 3, 1, 2), (3, 2, 1, 0))
        },
        "pad": moved("PAD", (1, 3, 4, 2), (1, 6, 7, 2), EDGES, options="PadOptions"),
        "pad-all": moved(
            "PAD", (2, 3, 4, 2), (3, 5, 7, 5), int32(1, 0, 1, 1, 0, 3, 2, 1).reshape(4, 2), options="PadOptions"
        ),
        "mirror": moved(
            "MIRROR_PAD",
            (1, 3, 4, 2),
            (1, 6, 6, 2),
            int32(0, 0, 1, 2, 0, 2, 0, 0).reshape(4, 2),
            options="MirrorPadOptions",
            mode=MirrorMode.REFLECT,
        ),
        "slice": moved(
            "SLICE", (1, 5, 6, 4), (1, 2, 3, 4), int32(0, 1, 2, 0), int32(1, 2, 3, -1), options="SliceOptions"
        ),
        "strided": moved(
            "STRIDED_SLICE",
            (1, 9, 8, 3),
            (1, 4, 3, 3),
            int32(0, 1, 7, 0),
            int32(1, 9, 1, 3),
            int32(1, 2, -2, 1),
            options="StridedSliceOptions",
        ),
        "shrunk": moved(
            "STRIDED_SLICE",
            (1, 9, 8, 3),
            (1, 8, 3),
            int32(0, 2, 0, 0),
            int32(1, 3, 8, 3),
            int32(1, 1, 1, 1),
            options="StridedSliceOptions",
            shrink_axis_mask=2,
        ),
        "shrunk-from-the-beginning": moved(
            "STRIDED_SLICE",
            (1, 9, 8, 3),
            (1, 8, 3),
            int32(0, 2, 0, 0),
            int32(1, 3, 8, 3),
            int32(1, 1, 1, 1),
            options="StridedSliceOptions",
            begin_mask=2,
            shrink_axis_mask=2,
        ),
        "concatenation": joined("CONCATENATION", ((1, 3, 2), (1, 3, 5)), (1, 3, 7), "ConcatenationOptions", axis=2),
        "concatenation-first": joined(
            "CONCATENATION", ((1, 3, 2), (1, 4, 2), (1, 1, 2)), (1, 8, 2), "ConcatenationOptions", axis=1
        ),
        "pack": joined("PACK", ((1, 3), (1, 3)), (1, 2, 3), "PackOptions", axis=1, values_count=2),
        "unpack": parted("UNPACK", (1, 3, 2), ((1, 3), (1, 3)), "UnpackOptions", axis_first=False, axis=2, num=2),
        "split": parted("SPLIT", (1, 3, 6), ((1, 3, 2),) * 3, "SplitOptions", axis_first=True, num_splits=3),
        "split-v": uneven((1, 7, 4), (1, 4, 2), 1),
        "split-v-last": uneven((2, 3, 5), (4, 1), -1),
        **{f"padv2-{value}": padded_with(value) for value in (-128, 0, 127)},
        "gather": moved("GATHER", (1, 6, 4), (1, 3, 4), int32(5, 0, 5), options="GatherOptions", axis=1),
        "space-to-depth": moved(
            "SPACE_TO_DEPTH", (1, 4, 6, 3), (1, 2, 3, 12), options="SpaceToDepthOptions", block_size=2
        ),
        "depth-to-space": moved(
            "DEPTH_TO_SPACE", (1, 2, 3, 12), (1, 4, 6, 3), options="DepthToSpaceOptions", block_size=2
        ),
        **{
            f"nearest-{out}": moved(
                "RESIZE_NEAREST_NEIGHBOR",
                (1, 4, 3, 2),
                (1, *out, 2),
                int32(*out),
                options="ResizeNearestNeighborOptions",
            )
            for out in ((8, 6), (3, 5))
        },
    },
    "resize_bilinear": {
        f"{out}-{corners}-{half}": moved(
            "RESIZE_BILINEAR",
            (1, 4, 3, 5),
            (1, *out, 5),
            int32(*out),
            options="ResizeBilinearOptions",
            align_corners=corners,
            half_pixel_centers=half,
        )
        for out, corners, half in (((8, 6), False, True), ((3, 7), False, False), ((9, 2), True, False))
    },
}


@pytest.mark.parametrize("arithmetic", ARITHMETICS)
@pytest.mark.parametrize("table", TABLES)
def test_kernels_compute_the_interpreters_integers(table: str, arithmetic: str, tmp_path: Path) -> None:
    check(together(TABLES[table]), arithmetic, tmp_path)


def flags_of(vectors: str) -> str:
    """The compiler's flag for a set of vector instructions; skips where this machine can't run it."""
    if vectors == "portable":
        return "-DEDGEPACK_PORTABLE"
    info = Path("/proc/cpuinfo")
    if vectors == "avx2" and not (info.exists() and " avx2 " in info.read_text("utf-8")):
        pytest.skip("this CPU has no AVX2")
    return {"native": "-march=native", "avx2": "-mavx2"}[vectors]


@pytest.mark.slow
@pytest.mark.parametrize("table", ["conv_2d", "depthwise_conv_2d", "fully_connected", "transpose_conv"])
def test_plain_kernels_for_vectors_are_clean_too(table: str, tmp_path: Path) -> None:
    """What any x86-64 runs: plain C of which the compiler makes vectors."""
    check(together(TABLES[table]), "xnnpack", tmp_path, flags=SANITIZED)


@pytest.mark.slow
@pytest.mark.parametrize("vectors", ["avx2", "portable"])
@pytest.mark.parametrize("arithmetic", ARITHMETICS)
@pytest.mark.parametrize("table", TABLES)
def test_kernels_are_clean_under_sanitizers(table: str, arithmetic: str, vectors: str, tmp_path: Path) -> None:
    check(together(TABLES[table]), arithmetic, tmp_path, flags=(*SANITIZED, flags_of(vectors)))


def everything() -> Model:
    models = {f"{t}-{n}": m for t, table in TABLES.items() for n, m in list(table.items())[:2]}
    return together(models)


@pytest.mark.parametrize("vectors", ["native", "avx2"])
@pytest.mark.parametrize("arithmetic", ARITHMETICS)
def test_every_kernel_in_one_model(arithmetic: str, vectors: str, tmp_path: Path) -> None:
    """All rules and macros at once, and vector instructions where this machine has them."""
    check(everything(), arithmetic, tmp_path, flags=(*STRICT, "-O2", flags_of(vectors)))


@pytest.mark.skipif(platform.machine() != "x86_64" or not compiler(), reason="the instructions are x86-64's")
def test_kernels_for_avx512_compile(tmp_path: Path) -> None:
    """Whether this machine can run them or not."""
    model = everything()
    source = written(tmp_path, emitted(model, "xnnpack", inputs_for(model, 1)))
    sets = [f"-mavx512{name}" for name in ("f", "bw", "dq", "vl", "vnni")]
    command = [*compiler(), *STRICT, "-O2", *sets, "-c", str(source / "model.c"), "-o", str(tmp_path / "model.o")]
    subprocess.run(command, check=True)


@pytest.mark.parametrize("arithmetic", ARITHMETICS)
def test_real_numbers_at_the_ends(arithmetic: str, tmp_path: Path) -> None:
    b = GraphBuilder()
    x = b.input("x", (1, 500))
    q = b.op("QUANTIZE", [x], (1, 500), dtype=DType.INT8, quant=quant(0.037, -3))
    y = b.op("DEQUANTIZE", [q], (1, 500))
    values = np.concatenate([np.linspace(-6, 6, 999), [1e30, -1e30], (np.arange(-128, 126) + 0.5) * 0.037])
    inputs = [np.resize(values, (4, 500)).astype(np.float32)]
    check(b.model([y]), arithmetic, tmp_path, inputs=inputs)
