"""CONV_2D: window, matrix unit, requantization; weights ``[out, kernel_h, kernel_w, in]``."""

import functools
from collections.abc import Iterable, Iterator

from packager.emit.hls._contract import Layer, Op, Problem, Stage, divisors, row_folds
from packager.emit.hls._linear import Linear, linear_of, matrix_stages, operand_problems
from packager.emit.hls._requantize import scaling_problems
from packager.emit.hls._window import Window, window_of
from packager.plan.folding import Fold


@functools.lru_cache(maxsize=512)
def _linear(op: Op) -> Linear:
    weights = op.constant(1)
    assert weights is not None
    return linear_of(op, weights.reshape(weights.shape[0], -1), once=False)


@functools.lru_cache(maxsize=512)
def _window(op: Op) -> Window:
    return window_of(op, (op.input(1).dims[1], op.input(1).dims[2]), by_channel=False)


class _Conv2D(Layer):
    def problems(self, op: Op) -> Iterator[Problem]:
        yield from (found := list(operand_problems(op)))
        if not found and op.input(1).dims[3] != op.input(0).dims[3]:
            yield Problem(
                f"a grouped convolution ({op.input(0).dims[3] // op.input(1).dims[3]} groups) has no template",
                "use DEPTHWISE_CONV_2D, or split the groups",
            )
        elif not found:
            yield from scaling_problems(_linear(op).scaling)

    def folds(self, op: Op) -> Iterable[Fold]:
        for fabric in (False, True):
            for simd in divisors(op.input(0).dims[3]):
                for pe in row_folds(op.output.dims[3]):
                    yield Fold(simd=simd, pe=pe, fabric=fabric)

    def stages(self, op: Op, fold: Fold) -> tuple[Stage, ...]:
        shape = _window(op)
        unit = matrix_stages(op, _linear(op), fold, shape.pixels)
        return unit if shape.trivial else (shape.stage(fold.simd, op.input(0).zero_point), *unit)


LAYER = _Conv2D()
