"""LOG_SOFTMAX."""

from collections.abc import Iterator

import numpy as np

from packager.emit.c._contract import Constant, Invocation, Layer, Op, Problem
from packager.emit.c._quantized import int8_problems, row_problems, rows_of
from packager.ops.log_softmax import ZERO_POINT, exponentials, steps

_DEEPEST = 4095
"""Exponentials of at most 1 whose sum in Q12.19 fits 31 bits."""
_SCALE = 1 / 16


class _LogSoftmax:
    def problems(self, op: Op) -> Iterator[Problem]:
        found = list(int8_problems(op))
        yield from found
        if not found and (op.output.scale, op.output.zero_point) != (_SCALE, ZERO_POINT):
            yield Problem("its output's scale is not 1/16, or its zero point not 127", "quantize it as LiteRT asks")
        yield from row_problems(op, _DEEPEST)

    def layer(self, op: Op) -> Layer:
        shape = rows_of(op)
        arguments = (op.at_input(0), op.at_output())
        scale = op.input(0).scale
        if op.arithmetic == "integer":
            names = ("multiplier", "shift", "back", "back_shift", "widest")
            fields = shape | dict(zip(names, steps(scale), strict=True))
            return Layer(invocations=(Invocation(kernel="log_softmax_fixed", arguments=arguments, fields=fields),))
        first, second = np.float32(scale), np.float32(op.output.scale)
        real = {"table": op.symbol("exp"), "scale": first, "output_scale": second, "step": first / second}
        return Layer(
            invocations=(Invocation(kernel="log_softmax_table", arguments=arguments, fields={**shape, **real}),),
            constants=(Constant(name="exp", ctype="float", values=exponentials(scale)),),
        )


KERNEL = _LogSoftmax()
