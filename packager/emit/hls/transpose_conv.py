"""TRANSPOSE_CONV: zeros between the input's pixels, then a convolution with the kernel turned round.

Weights ``[out, kernel_h, kernel_w, in]``. The sums are those of the scattering form; products with the zeros in between
cost cycles all the same, about stride squared times what a kernel split by phases would take.
"""

import functools
from collections.abc import Iterable, Iterator

import numpy as np

from packager.emit.hls._contract import Ints, Layer, Op, Problem, Stage, divisors, row_folds
from packager.emit.hls._linear import Linear, linear_of, matrix_stages, operand_problems
from packager.emit.hls._order import OUTSIDE, rearrange_stage
from packager.emit.hls._requantize import scaling_problems
from packager.emit.hls._window import Window
from packager.ops._windows import Axis, axis_of
from packager.plan.folding import Fold

_DATA, _BIAS = 2, 3


@functools.lru_cache(maxsize=512)
def _linear(op: Op) -> Linear:
    weights = op.constant(1)
    assert weights is not None
    turned = weights[:, ::-1, ::-1, :].reshape(weights.shape[0], -1)
    return linear_of(op, turned, once=False, data=_DATA, biases=_BIAS)


@functools.lru_cache(maxsize=512)
def _places(op: Op) -> Ints:
    """The input's pixels, `stride` apart."""
    _, height, width, channels = op.input(_DATA).dims
    tall, wide = op.node.attrs["stride_h"], op.node.attrs["stride_w"]
    spread = np.full(((height - 1) * tall + 1, (width - 1) * wide + 1, channels), OUTSIDE, np.int64)
    spread[::tall, ::wide] = np.arange(height * width * channels).reshape(height, width, channels)
    return spread


@functools.lru_cache(maxsize=512)
def _window(op: Op) -> Window:
    height, width, channels = _places(op).shape
    rows, columns = (_axis(op, i) for i in (1, 2))
    return Window(in_h=height, in_w=width, channels=channels, rows=rows, columns=columns, by_channel=False)


def _axis(op: Op, i: int) -> Axis:
    kernel, length = op.input(1).dims[i], op.output.dims[i]
    stride = op.node.attrs["stride_h" if i == 1 else "stride_w"]
    before = axis_of(length, kernel, stride, 1, op.node.attrs["padding"]).before
    return Axis(size=kernel, stride=1, dilation=1, steps=length, before=kernel - 1 - before, after=0)


class _TransposeConv(Layer):
    def problems(self, op: Op) -> Iterator[Problem]:
        yield from (found := list(operand_problems(op, biases=_BIAS)))
        if not found:
            yield from scaling_problems(_linear(op).scaling)

    def folds(self, op: Op) -> Iterable[Fold]:
        for fabric in (False, True):
            for simd in divisors(op.input(_DATA).dims[3]):
                for pe in row_folds(op.output.dims[3]):
                    yield Fold(simd=simd, pe=pe, fabric=fabric)

    def stages(self, op: Op, fold: Fold) -> tuple[Stage, ...]:
        shape, zero_point = _window(op), op.input(_DATA).zero_point
        unit = matrix_stages(op, _linear(op), fold, shape.pixels)
        spread = rearrange_stage("spread", _places(op), op.input(_DATA).elements, fold.simd, zero_point)
        return (spread, *(() if shape.trivial else (shape.stage(fold.simd, zero_point),)), *unit)


LAYER = _TransposeConv()
