"""DIV."""

from collections.abc import Iterator

import numpy as np

from packager.emit.c._broadcast import broadcast_of, broadcast_problems
from packager.emit.c._contract import Constant, Invocation, Layer, Op, Problem
from packager.emit.c._quantized import int8_problems
from packager.ops import _fixed_point as fixed
from packager.ops._exponential import reciprocal
from packager.ops.div import DIGITS, MOST_SHIFT, multiplier

_DIVISORS = 256
"""Magnitudes of what an int8 less its zero point is, without 0: one more than there are."""


class _Div:
    def problems(self, op: Op) -> Iterator[Problem]:
        found = list(int8_problems(op, 2))
        yield from found
        if found:
            return
        yield from broadcast_problems(op)
        if int(fixed.quantize_multiplier(multiplier(op.evaluation))[1]) > MOST_SHIFT:
            yield Problem("its output's scale is too small for its inputs'", "recalibrate: a scale is far out of range")
        divisor = op.constant(1)
        if divisor is not None and (divisor.astype(np.int64) == op.input(1).zero_point).any():
            yield Problem("its divisor has zeros", "divide by what is not zero: LiteRT stops here")

    def layer(self, op: Op) -> Layer:
        mantissa, shift = fixed.quantize_multiplier(multiplier(op.evaluation))
        low, high = op.clamp
        fields = {
            "shape": broadcast_of(op),
            "a_zero": op.input(0).zero_point,
            "b_zero": op.input(1).zero_point,
            "zero": op.output.zero_point,
            "reciprocals": op.symbol("reciprocals"),
            "multiplier": int(mantissa),
            "shift": int(shift),
            "low": low,
            "high": high,
        }
        arguments = (op.at_input(0), op.at_input(1), op.at_output())
        inverse, _ = reciprocal(np.arange(1, _DIVISORS + 1), DIGITS)
        return Layer(
            invocations=(Invocation(kernel="div", arguments=arguments, fields=fields),),
            constants=(Constant(name="reciprocals", ctype="int32_t", values=inverse),),
        )


KERNEL = _Div()
