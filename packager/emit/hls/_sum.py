"""Sums and differences: a table a side, a sum, one scaling."""

from collections.abc import Iterator

import numpy as np

from packager.emit.hls._binary import Binary
from packager.emit.hls._contract import Op, Problem
from packager.emit.hls._stage import Array, Ints, Stage
from packager.ops import _fixed_point as fixed
from packager.plan.folding import Fold
from packager.plan.fpga_estimate import requantizer, table

_SPARE_BITS = 20
_TABLE_BITS = 29
"""Of a rescaled input: 8 bits and a sign, raised by 20, at most halved."""
_SUM_BITS = 32


class Sum(Binary):
    """The second operand enters times `sign`."""

    def __init__(self, sign: int) -> None:
        self._sign = sign

    def problems(self, op: Op) -> Iterator[Problem]:
        yield from (found := list(super().problems(op)))
        if not found and _scaling(op)[2] > 0:
            yield Problem("its sum is scaled up", "recalibrate: the output's scale is far too small")

    def stages(self, op: Op, fold: Fold) -> tuple[Stage, ...]:
        twice, multiplier, shift = _scaling(op)
        lanes = fold.pe

        def arrays() -> tuple[Array, ...]:
            return tuple(
                Array(
                    name=f"table_{'ab'[side]}",
                    ctype="int32_t",
                    values=weight * _rescaled(op, side, twice),
                    bind="template",
                )
                for side, weight in ((0, 1), (1, self._sign))
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
                scalars=(multiplier, -shift, op.output.zero_point, *op.clamp),
                tokens_in=1,
            ),
        )


def _scaling(op: Op) -> tuple[float, int, int]:
    """Twice the greater scale of both inputs, and the multiplier and shift from there to the output."""
    twice = 2.0 * max(op.input(0).scale, op.input(1).scale)
    multiplier, shift = fixed.quantize_multiplier(twice / ((1 << _SPARE_BITS) * op.output.scale))
    return twice, int(multiplier), int(shift)


def _rescaled(op: Op, side: int, twice: float) -> Ints:
    """Every int8 less its zero point, raised by 20 bits, scaled; in the order of its bits taken as unsigned."""
    values = np.arange(256, dtype=np.uint8).view(np.int8).astype(np.int64)
    mantissa, shift = fixed.quantize_multiplier(op.input(side).scale / twice)
    return fixed.multiply((values - op.input(side).zero_point) << _SPARE_BITS, mantissa, shift)
