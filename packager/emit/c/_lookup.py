"""Any function of one value of 8 bits: the operator's own reference, evaluated on all 256 of them."""

from collections.abc import Iterator

import numpy as np

from packager.emit.c._contract import Constant, Invocation, Layer, Op, Problem
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
        return Layer(
            invocations=(
                Invocation(
                    kernel="lookup",
                    arguments=(op.at_input(0), op.at_output()),
                    fields={"table": op.symbol("table"), "count": op.output.elements},
                ),
            ),
            constants=(Constant(name="table", ctype="int8_t", values=table.view(np.int8)),),
        )
