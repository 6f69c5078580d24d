"""L2_NORMALIZATION."""

from collections.abc import Iterator

from packager.emit.c._contract import Invocation, Layer, Op, Problem
from packager.emit.c._quantized import int8_problems
from packager.ops.l2_normalization import FRACTION

_DEEPEST = 1 << 15
"""Squares of 9 bits and a sign whose sum fits 32."""


class _L2Normalization:
    def problems(self, op: Op) -> Iterator[Problem]:
        found = list(int8_problems(op))
        yield from found
        if not found and (op.output.scale, op.output.zero_point) != (2.0**-FRACTION, 0):
            yield Problem("its output's scale is not 1/128, or its zero point not 0", "quantize it as LiteRT asks")
        if op.input(0).dims[-1] > _DEEPEST:
            yield Problem(f"a row has {op.input(0).dims[-1]} elements, the kernel takes {_DEEPEST}", "split the rows")

    def layer(self, op: Op) -> Layer:
        depth = op.input(0).dims[-1]
        fields = {"rows": op.output.elements // depth, "depth": depth, "zero": op.input(0).zero_point}
        arguments = (op.at_input(0), op.at_output())
        return Layer(invocations=(Invocation(kernel="l2_normalization", arguments=arguments, fields=fields),))


KERNEL = _L2Normalization()
