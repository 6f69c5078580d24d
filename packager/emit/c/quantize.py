"""QUANTIZE: of int8 by table, of real numbers by arithmetic."""

from collections.abc import Iterator

import numpy as np

from packager.emit.c._contract import Invocation, Layer, Op, Problem
from packager.emit.c._lookup import Lookup
from packager.emit.c._quantized import int8_problems
from packager.ir import DType


class _Quantize:
    def problems(self, op: Op) -> Iterator[Problem]:
        if op.input(0).dtype is DType.FLOAT32:
            yield from int8_problems(op, 0)
        else:
            yield from Lookup().problems(op)

    def layer(self, op: Op) -> Layer:
        if op.input(0).dtype is not DType.FLOAT32:
            return Lookup().layer(op)
        scale = np.float32(op.output.scale)
        divides = op.arithmetic == "integer"
        return Layer(
            invocations=(
                Invocation(
                    kernel="quantize",
                    arguments=(op.at_input(0), op.at_output()),
                    fields={
                        "count": op.output.elements,
                        "divides": int(divides),
                        "scale": scale if divides else np.float32(1) / scale,
                        "zero_point": op.output.zero_point,
                    },
                ),
            ),
        )


KERNEL = _Quantize()
