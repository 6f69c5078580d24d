"""FULLY_CONNECTED: a matrix unit over each row of the input, rounded once as LiteRT's reference kernel does."""

import functools
from collections.abc import Iterable, Iterator

from packager.emit.hls._contract import Layer, Op, Problem
from packager.emit.hls._folds import divisors, row_folds
from packager.emit.hls._linear import linear_of, matrix_stages, operand_problems
from packager.emit.hls._requantize import scaling_problems
from packager.emit.hls._stage import Stage
from packager.emit.hls._tiles import Linear, matrix_folds
from packager.ops._exact_multiplier import InexactError
from packager.plan.folding import Fold


@functools.lru_cache(maxsize=512)
def _linear(op: Op) -> Linear:
    weights = op.constant(1)
    assert weights is not None
    return linear_of(op, weights.reshape(-1, weights.shape[-1]), once=True)


class _FullyConnected(Layer):
    def problems(self, op: Op) -> Iterator[Problem]:
        yield from (found := list(operand_problems(op)))
        if found:
            return
        try:
            yield from scaling_problems(_linear(op).scaling)
        except InexactError as error:
            yield Problem(f"{error}: its accumulators are too large", "recalibrate: a bias or a scale is out of range")

    def folds(self, op: Op) -> Iterable[Fold]:
        outputs, inputs = _linear(op).rows.shape
        yield from matrix_folds(_linear(op), divisors(inputs), row_folds(outputs))

    def stages(self, op: Op, fold: Fold) -> tuple[Stage, ...]:
        return matrix_stages(op, _linear(op), fold, op.input(0).elements // op.input(1).dims[-1])


LAYER = _FullyConnected()
