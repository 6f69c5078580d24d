"""LOGISTIC and TANH of int16: a table of the logistic function, interpolated."""

import dataclasses
from collections.abc import Iterator

from packager.emit.c._contract import Constant, Invocation, Layer, Op, Problem
from packager.emit.c._quantized import int16_problems
from packager.ops._sigmoid16 import TABLE, multiplier_of

_WIDEST = 1 << 16
"""A multiplier under which a product with int16 fits 32 bits."""


@dataclasses.dataclass(frozen=True, slots=True)
class Sigmoid16:
    tanh: bool

    def problems(self, op: Op) -> Iterator[Problem]:
        found = list(int16_problems(op))
        yield from found
        if not found and self._multiplier(op)[0] >= _WIDEST:
            yield Problem("the scale of its input is too large", "recalibrate: nearly every value saturates")

    def layer(self, op: Op) -> Layer:
        multiplier, right = self._multiplier(op)
        return Layer(
            invocations=(
                Invocation(
                    kernel="sigmoid_int16",
                    arguments=(op.at_input(0), op.at_output()),
                    fields={
                        "table": op.symbol("table"),
                        "count": op.output.elements,
                        "tanh": int(self.tanh),
                        "multiplier": multiplier,
                        "right": right,
                    },
                ),
            ),
            constants=(Constant(name="table", ctype="uint16_t", values=TABLE),),
        )

    def _multiplier(self, op: Op) -> tuple[int, int]:
        return multiplier_of(op.input(0), (0, 1) if self.tanh else (0,))
