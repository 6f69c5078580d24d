"""TRANSPOSE_CONV and BATCH_MATMUL against LiteRT."""

import itertools

import numpy as np
import pytest
from ops.judging import judge, per_channel, quant

from packager.ir import DType, GraphBuilder, Model, Padding


def transposed(
    padding: Padding,
    stride: int,
    kernel: int,
    *,
    channels: int = 4,
    output: float = 0.06,
    is_float: bool = False,
    each: bool = False,
    bias: bool = True,
) -> Model:
    rng = np.random.default_rng(0)
    size, depth = (5, 4), 3
    spatial = tuple(n * stride if padding is Padding.SAME else (n - 1) * stride + max(kernel, stride) for n in size)
    out = (1, *spatial, channels)
    scales = (0.01 * rng.uniform(0.5, 1.5, channels)).tolist()
    b = GraphBuilder()
    shape = b.const(np.asarray(out, np.int32))
    if is_float:
        w = b.const(rng.normal(size=(channels, kernel, kernel, depth)).astype(np.float32), "w")
    else:
        integers = rng.integers(-127, 128, (channels, kernel, kernel, depth)).astype(np.int8)
        w = b.const(integers, "w", per_channel(scales, 0) if each else quant(0.01))
    x = b.input("x", (1, *size, depth), DType.FLOAT32 if is_float else DType.INT8, None if is_float else quant(0.05, 7))
    inputs = [shape, w, x]
    if bias:
        values = rng.integers(-900, 900, channels).astype(np.float32 if is_float else np.int32)
        products = per_channel([s * 0.05 for s in scales], 0) if each else quant(0.0005)
        inputs.append(b.const(values, "b", None if is_float else products))
    y = b.op(
        "TRANSPOSE_CONV",
        inputs,
        out,
        options="TransposeConvOptions",
        dtype=DType.FLOAT32 if is_float else DType.INT8,
        quant=None if is_float else quant(output, -9),
        version=3,
        padding=padding,
        stride_h=stride,
        stride_w=stride,
    )
    return b.model([y])


@pytest.mark.parametrize(
    ("padding", "stride", "kernel", "each"), list(itertools.product(Padding, [1, 2, 3], [1, 2, 3], [False, True]))
)
def test_transpose_conv(padding: Padding, stride: int, kernel: int, *, each: bool) -> None:
    judge(transposed(padding, stride, kernel, each=each))
    judge(transposed(padding, stride, kernel, is_float=True))


@pytest.mark.parametrize("channels", [1, 7, 8, 19, 24])
def test_what_xnnpack_declines_rounds_by_groups_of_channels(channels: int) -> None:
    """A scale of 2^-11 makes ties of many sums."""
    judge(transposed(Padding.SAME, 3, 2, channels=channels, output=0.0005 * 2048), count=40)


@pytest.mark.parametrize("constant", [None, 1])
@pytest.mark.parametrize(("adj_x", "adj_y"), list(itertools.product([False, True], repeat=2)))
def test_batch_matmul(constant: int | None, *, adj_x: bool, adj_y: bool) -> None:
    left = (1, 2, 5, 4) if adj_x else (1, 2, 4, 5)
    right = (1, 2, 6, 5) if adj_y else (1, 2, 5, 6)
    for dtype in (DType.INT8, DType.FLOAT32):
        b = GraphBuilder()
        rng = np.random.default_rng(0)
        q = None if dtype.is_float else quant(0.05, 3)
        a = b.input("a", left, dtype, q)
        if constant == 1:
            data = rng.normal(size=right) if dtype.is_float else rng.integers(-128, 128, right)
            c = b.const(data.astype(dtype.numpy), "b", None if dtype.is_float else quant(0.03, 0))
        else:
            c = b.input("b", right, dtype, None if dtype.is_float else quant(0.03, 0))
        y = b.op(
            "BATCH_MATMUL",
            [a, c],
            (1, 2, 4, 6),
            options="BatchMatMulOptions",
            dtype=dtype,
            quant=None if dtype.is_float else quant(0.2, -9),
            adj_x=adj_x,
            adj_y=adj_y,
        )
        judge(b.model([y]))
