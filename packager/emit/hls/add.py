"""ADD of two streams of one shape: a table a side, a sum, one scaling."""

from collections.abc import Iterable, Iterator

import numpy as np

from packager.emit.hls._contract import (
    Array,
    Ints,
    Layer,
    Op,
    Problem,
    Stage,
    activation_problem,
    lane_folds,
    quantization_problem,
)
from packager.ops import _fixed_point as fixed
from packager.plan.folding import Fold
from packager.plan.fpga_estimate import requantizer, table

_SPARE_BITS = 20
_TABLE_BITS = 29
"""Of a rescaled input: 8 bits and a sign, raised by 20, at most halved."""
_SUM_BITS = 32


class _Add(Layer):
    def problems(self, op: Op) -> Iterator[Problem]:
        yield from quantization_problem(op)
        yield from activation_problem(op)
        if len(op.streams()) != 2:
            yield Problem("adds a constant", "fold the constant into the bias of the layer before")
        elif op.input(0).dims != op.input(1).dims:
            yield Problem(f"broadcasts {op.input(0).dims} with {op.input(1).dims}", "give both inputs one shape")

    def folds(self, op: Op) -> Iterable[Fold]:
        return lane_folds(op.output.dims[-1])

    def stages(self, op: Op, fold: Fold) -> tuple[Stage, ...]:
        twice = 2.0 * max(op.input(0).scale, op.input(1).scale)
        multiplier, shift = fixed.quantize_multiplier(twice / ((1 << _SPARE_BITS) * op.output.scale))
        lanes = fold.pe

        def arrays() -> tuple[Array, ...]:
            return tuple(
                Array(name=f"table_{'ab'[side]}", ctype="int32_t", values=_rescaled(op, side, twice)) for side in (0, 1)
            )

        return (
            Stage(
                name="add",
                call=f"add<{op.output.elements}, {lanes}>",
                lanes_in=lanes,
                lanes_out=lanes,
                values=op.output.elements,
                cycles=op.output.elements // lanes,
                cost=requantizer(lanes, 2 * lanes, _SUM_BITS) + table(2 * lanes, _TABLE_BITS),
                arrays=arrays,
                scalars=(int(multiplier), -int(shift), op.output.zero_point, *op.clamp),
                tokens_in=1,
            ),
        )


def _rescaled(op: Op, side: int, twice: float) -> Ints:
    """Every int8 less its zero point, raised by 20 bits, scaled; in the order of its bits taken as unsigned."""
    values = np.arange(256, dtype=np.uint8).view(np.int8).astype(np.int64)
    mantissa, shift = fixed.quantize_multiplier(op.input(side).scale / twice)
    return fixed.multiply((values - op.input(side).zero_point) << _SPARE_BITS, mantissa, shift)


LAYER = _Add()
