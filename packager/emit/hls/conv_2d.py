"""CONV_2D: window, matrix unit, requantization; weights ``[out, kernel_h, kernel_w, in / groups]``."""

import functools
from collections.abc import Iterable, Iterator

from packager.emit.hls._contract import Layer, Op, Problem
from packager.emit.hls._folds import MOST_LANES, divisors, row_folds
from packager.emit.hls._linear import linear_of, matrix_stages, operand_problems
from packager.emit.hls._requantize import scaling_problems
from packager.emit.hls._stage import Stage
from packager.emit.hls._tiles import Linear, matrix_folds
from packager.emit.hls._window import Window, window_of
from packager.plan.folding import Fold


@functools.lru_cache(maxsize=512)
def _linear(op: Op) -> Linear:
    weights = op.constant(1)
    assert weights is not None
    return linear_of(op, weights.reshape(weights.shape[0], -1), once=False)


@functools.lru_cache(maxsize=512)
def _window(op: Op) -> Window:
    return window_of(op, (op.input(1).dims[1], op.input(1).dims[2]), by_channel=_groups(op) > 1)


def _groups(op: Op) -> int:
    return op.input(0).dims[3] // op.input(1).dims[3]


class _Conv2D(Layer):
    def problems(self, op: Op) -> Iterator[Problem]:
        yield from (found := list(operand_problems(op)))
        if not found and _groups(op) > 1 and op.input(1).dims[3] > MOST_LANES:
            yield Problem(
                f"groups of {op.input(1).dims[3]} channels are wider than {MOST_LANES} lanes",
                "use more groups, or none",
            )
        elif not found:
            yield from scaling_problems(_linear(op).scaling)

    def folds(self, op: Op) -> Iterable[Fold]:
        """A group's channels come in one beat: its matrix has the window's places for steps."""
        groups = _groups(op)
        lanes = divisors(op.input(0).dims[3]) if groups == 1 else [op.input(1).dims[3]]
        rows = row_folds(op.output.dims[3]) if groups == 1 else divisors(op.output.dims[3] // groups)
        yield from matrix_folds(_linear(op), lanes, rows, sets=groups)

    def stages(self, op: Op, fold: Fold) -> tuple[Stage, ...]:
        shape, groups = _window(op), _groups(op)
        unit = matrix_stages(op, _linear(op), fold, shape.pixels * groups, sets=groups)
        return unit if shape.trivial else (shape.stage(fold.simd, op.input(0).zero_point), *unit)


LAYER = _Conv2D()
