"""MUL: a product of two values less their zero points, rounded twice."""

from collections.abc import Iterator

import numpy as np

from packager.emit.hls._binary import Binary
from packager.emit.hls._contract import Op, Problem
from packager.emit.hls._stage import Stage
from packager.ops import _fixed_point as fixed
from packager.plan.folding import Fold
from packager.plan.fpga_estimate import Cost, requantizer

_PRODUCT_BITS = 18
_MOST_LEFT = 13


class _Mul(Binary):
    def problems(self, op: Op) -> Iterator[Problem]:
        yield from (found := list(super().problems(op)))
        if not found and _scaling(op)[1] > _MOST_LEFT:
            yield Problem(
                f"its product is scaled up by more than 2^{_MOST_LEFT}", "recalibrate: a scale is far out of range"
            )

    def stages(self, op: Op, fold: Fold) -> tuple[Stage, ...]:
        multiplier, shift = _scaling(op)
        left, lanes = max(shift, 0), fold.pe
        return (
            Stage(
                name="multiply",
                call=f"multiply_values<{op.output.elements}, {lanes}, {left}>",
                lanes_in=lanes,
                lanes_out=lanes,
                values=op.output.elements,
                cycles=op.output.elements // lanes,
                cost=requantizer(lanes, 2 * lanes, _PRODUCT_BITS + left) + Cost(lut=40 * lanes, dsp=lanes),
                scalars=(
                    op.input(0).zero_point,
                    op.input(1).zero_point,
                    multiplier,
                    max(-shift, 0),
                    op.output.zero_point,
                    *op.clamp,
                ),
                tokens_in=1,
            ),
        )


def _scaling(op: Op) -> tuple[int, int]:
    """Of the product, from scales in float32 as the kernel has them."""
    real = np.float32(op.input(0).scale) * np.float32(op.input(1).scale) / np.float32(op.output.scale)
    mantissa, shift = fixed.quantize_multiplier(float(real))
    return int(mantissa), int(shift)


LAYER = _Mul()
