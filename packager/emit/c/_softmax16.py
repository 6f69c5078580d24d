"""SOFTMAX of int16."""

from collections.abc import Iterator

from packager.emit.c._contract import Constant, Invocation, Layer, Op, Problem
from packager.emit.c._quantized import int16_problems, row_problems, rows_of
from packager.ops import _fixed_point as fixed
from packager.ops.softmax import EXP, INVERSE, step16

_DEEPEST = 1 << 16
"""Exponentials in Q0.15 whose sum fits 32 bits."""
_LEFT = 14
"""The largest shift to the left of a difference of 17 bits in 32."""


class Softmax16:
    def problems(self, op: Op) -> Iterator[Problem]:
        yield from int16_problems(op)
        yield from row_problems(op, _DEEPEST)
        if int(fixed.quantize_multiplier(step16(op.evaluation))[1]) > _LEFT:
            yield Problem("its scaling needs more than 32 bits", "recalibrate: a scale is far out of range")

    def layer(self, op: Op) -> Layer:
        multiplier, shift = fixed.quantize_multiplier(step16(op.evaluation))
        return Layer(
            invocations=(
                Invocation(
                    kernel="softmax_int16",
                    arguments=(op.at_input(0), op.at_output()),
                    fields={
                        **rows_of(op),
                        "exp": op.symbol("exp"),
                        "inverse": op.symbol("inverse"),
                        "multiplier": int(multiplier),
                        "shift": int(shift),
                    },
                ),
            ),
            constants=(
                Constant(name="exp", ctype="int16_t", values=EXP),
                Constant(name="inverse", ctype="int16_t", values=INVERSE),
            ),
        )
