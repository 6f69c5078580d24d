"""Any function of one value of 8 bits: the operator's own reference, evaluated on all 256 of them."""

from collections.abc import Iterator

import numpy as np

from packager.emit.c._contract import Constant, Ints, Invocation, Layer, Op, Problem
from packager.emit.c._quantized import int8_problems
from packager.ir import DType
from packager.ops import find_op


class Lookup:
    def problems(self, op: Op) -> Iterator[Problem]:
        return int8_problems(op)

    def layer(self, op: Op) -> Layer:
        known = find_op(op.node.op)
        assert known is not None, "a reference is asked for before"
        every = np.arange(256, dtype=np.uint8)
        every = every if op.input(0).dtype is DType.UINT8 else every.view(np.int8)
        (table,) = known.reference(op.evaluation, [every])
        return table_of(op, table)


def table_of(op: Op, table: Ints, start: int = 0, count: int | None = None) -> Layer:
    """Look up `count` elements from `start` on, by default all, in a table ``[256]`` of bytes by the input's bits."""
    name = f"table_{start}" if start else "table"
    return Layer(
        invocations=(
            Invocation(
                kernel="lookup",
                arguments=(op.at_input(0, start), op.at_output(0, start)),
                fields={"table": op.symbol(name), "count": op.output.elements if count is None else count},
            ),
        ),
        constants=(Constant(name=name, ctype="int8_t", values=table.view(np.int8)),),
    )
