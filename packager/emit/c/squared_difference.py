"""SQUARED_DIFFERENCE."""

from collections.abc import Iterator

from packager.emit.c._broadcast import broadcast_of, broadcast_problems
from packager.emit.c._contract import Invocation, Layer, Op, Problem
from packager.emit.c._quantized import int8_problems
from packager.ops import _fixed_point as fixed
from packager.ops.squared_difference import scales


class _SquaredDifference:
    def problems(self, op: Op) -> Iterator[Problem]:
        found = list(int8_problems(op, 2))
        yield from found
        if not found:
            yield from broadcast_problems(op)
        if not found and _scales(op)[2] >= 1:
            yield Problem("its output's scale is too small for its inputs'", "recalibrate: a scale is far out of range")

    def layer(self, op: Op) -> Layer:
        fields = {
            "shape": broadcast_of(op),
            "a_zero": op.input(0).zero_point,
            "b_zero": op.input(1).zero_point,
            "zero": op.output.zero_point,
        }
        for name, real in zip(("a_", "b_", ""), _scales(op), strict=True):
            mantissa, shift = fixed.quantize_multiplier(real)
            fields |= {f"{name}multiplier": int(mantissa), f"{name}shift": int(shift)}
        arguments = (op.at_input(0), op.at_input(1), op.at_output())
        return Layer(invocations=(Invocation(kernel="squared_difference", arguments=arguments, fields=fields),))


def _scales(op: Op) -> tuple[float, float, float]:
    return scales(op.input(0).scale, op.input(1).scale, op.output.scale)


KERNEL = _SquaredDifference()
