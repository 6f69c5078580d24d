"""L2_NORMALIZATION."""

from collections.abc import Iterator

from packager.emit.c._contract import Invocation, Layer, Op, Problem
from packager.emit.c._quantized import int8_problems, row_problems, rows_of
from packager.ops.l2_normalization import FRACTION

_DEEPEST = 1 << 15
"""Squares of 9 bits and a sign whose sum fits 32."""


class _L2Normalization:
    def problems(self, op: Op) -> Iterator[Problem]:
        found = list(int8_problems(op))
        yield from found
        if not found and (op.output.scale, op.output.zero_point) != (2.0**-FRACTION, 0):
            yield Problem("its output's scale is not 1/128, or its zero point not 0", "quantize it as LiteRT asks")
        yield from row_problems(op, _DEEPEST)

    def layer(self, op: Op) -> Layer:
        fields = {**rows_of(op), "zero": op.input(0).zero_point}
        arguments = (op.at_input(0), op.at_output())
        return Layer(invocations=(Invocation(kernel="l2_normalization", arguments=arguments, fields=fields),))


KERNEL = _L2Normalization()
