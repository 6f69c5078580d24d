"""PRELU: two slopes, the lower one by channel."""

from collections.abc import Iterator

import numpy as np

from packager.emit.c._broadcast import broadcast_of, broadcast_problems
from packager.emit.c._contract import Invocation, Layer, Op, Problem
from packager.emit.c._quantized import int8_problems
from packager.ops import _fixed_point as fixed
from packager.ops._elementwise import ratio32

_LARGEST_SHIFT = 15
"""A product has 17 bits, and must fit 32 when shifted."""


class _Prelu:
    def problems(self, op: Op) -> Iterator[Problem]:
        found = list(int8_problems(op, 2))
        yield from found
        if found:
            return
        yield from broadcast_problems(op)
        if max(int(fixed.quantize_multiplier(real)[1]) for real in _slopes(op)) > _LARGEST_SHIFT:
            yield Problem("its scaling needs more than 32 bits", "recalibrate: a scale is far out of range")

    def layer(self, op: Op) -> Layer:
        (up, up_shift), (down, down_shift) = (fixed.quantize_multiplier(real) for real in _slopes(op))
        return Layer(
            invocations=(
                Invocation(
                    kernel="prelu",
                    arguments=(op.at_input(0), op.at_input(1), op.at_output()),
                    fields={
                        "shape": broadcast_of(op),
                        "zero": op.input(0).zero_point,
                        "slope_zero": op.input(1).zero_point,
                        "output_zero": op.output.zero_point,
                        "above": int(up),
                        "above_shift": int(up_shift),
                        "below": int(down),
                        "below_shift": int(down_shift),
                    },
                ),
            ),
        )


def _slopes(op: Op) -> tuple[float, float]:
    """Multipliers of what is positive, and of what is negative times its slope."""
    product = float(np.float32(op.input(0).scale) * np.float32(op.input(1).scale))
    return ratio32(op.input(0).scale, op.output.scale), ratio32(product, op.output.scale)


KERNEL = _Prelu()
