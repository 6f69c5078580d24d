"""ARG_MAX and ARG_MIN."""

import dataclasses
import math
from collections.abc import Iterator

from packager.emit.c._contract import Invocation, Layer, Op, Problem
from packager.emit.c._quantized import kernel_of
from packager.ir import DType

_INPUTS = (DType.INT8, DType.INT16)
_OUTPUTS = (DType.INT32, DType.INT64)


@dataclasses.dataclass(frozen=True, slots=True)
class Arg:
    largest: bool

    def problems(self, op: Op) -> Iterator[Problem]:
        if op.input(0).dtype not in _INPUTS or op.output.dtype not in _OUTPUTS:
            yield Problem(f"it computes {op.input(0).dtype} to {op.output.dtype}", "quantize its input to int8")
        if op.constant(1) is None:
            yield Problem("its axis is computed, not constant", "freeze it")

    def layer(self, op: Op) -> Layer:
        axis, dims = op.constant(1), op.input(0).dims
        assert axis is not None, "problems() asked for it"
        at = int(axis.reshape(())) % len(dims)
        return Layer(
            invocations=(
                Invocation(
                    kernel=kernel_of("arg_extreme", op),
                    struct="ep_arg_extreme",
                    arguments=(op.at_input(0), op.at_output()),
                    fields={
                        "outer": math.prod(dims[:at]),
                        "count": dims[at],
                        "inner": math.prod(dims[at + 1 :]),
                        "largest": int(self.largest),
                        "wide": int(op.output.dtype is DType.INT64),
                    },
                ),
            ),
        )
