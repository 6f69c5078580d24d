"""DEPTHWISE_CONV_2D: window by channel, one kernel a channel; weights ``[1, kernel_h, kernel_w, channels]``."""

import functools
from collections.abc import Iterable, Iterator

from packager.emit.hls._contract import Layer, Op, Problem
from packager.emit.hls._folds import divisors, row_folds
from packager.emit.hls._linear import (
    depthwise_stages,
    linear_of,
    matrix_stages,
    operand_problems,
)
from packager.emit.hls._requantize import scaling_problems
from packager.emit.hls._stage import Stage
from packager.emit.hls._tiles import Linear
from packager.emit.hls._window import Window, window_of
from packager.plan.folding import Fold


def _single_input(op: Op) -> bool:
    """One input channel and many outputs: a convolution under another name."""
    return op.input(0).dims[3] == 1


@functools.lru_cache(maxsize=512)
def _linear(op: Op) -> Linear:
    weights = op.constant(1)
    assert weights is not None
    channels = weights.shape[3]
    return linear_of(op, weights.reshape(-1, channels).T, once=False)


@functools.lru_cache(maxsize=512)
def _window(op: Op) -> Window:
    kernel = (op.input(1).dims[1], op.input(1).dims[2])
    return window_of(op, kernel, by_channel=not _single_input(op))


def _multiplier(op: Op) -> int:
    return op.output.dims[3] // op.input(0).dims[3]


class _DepthwiseConv2D(Layer):
    def problems(self, op: Op) -> Iterator[Problem]:
        yield from (found := list(operand_problems(op)))
        if not found:
            yield from scaling_problems(_linear(op).scaling)

    def folds(self, op: Op) -> Iterable[Fold]:
        """With several kernels a channel, rows are the kernels of one, and channels take turns."""
        several = _multiplier(op) > 1 and not _single_input(op)
        rows = divisors(_multiplier(op)) if several else row_folds(op.output.dims[3]) if _single_input(op) else []
        for fabric in (False, True):
            for pe in rows or divisors(op.output.dims[3]):
                yield Fold(simd=1 if rows else pe, pe=pe, fabric=fabric)

    def stages(self, op: Op, fold: Fold) -> tuple[Stage, ...]:
        shape = _window(op)
        sets = 1 if _single_input(op) else op.input(0).dims[3]
        if _single_input(op) or _multiplier(op) > 1:
            stages = matrix_stages(op, _linear(op), fold, shape.pixels * sets, sets=sets)
        else:
            stages = depthwise_stages(op, _linear(op), fold, shape.pixels)
        return stages if shape.trivial else (shape.stage(fold.simd, op.input(0).zero_point), *stages)


LAYER = _DepthwiseConv2D()
