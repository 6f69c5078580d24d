"""SOFTMAX."""

import math
from collections.abc import Iterator

import numpy as np

from packager.emit.c._by_type import ByType
from packager.emit.c._contract import Constant, Invocation, Layer, Op, Problem
from packager.emit.c._quantized import int8_problems
from packager.emit.c._softmax16 import Softmax16
from packager.ops import _fixed_point as fixed

_DEEPEST = 4096
"""Exponentials whose sum in Q12.19 fits 32 bits."""


class _Softmax:
    def problems(self, op: Op) -> Iterator[Problem]:
        yield from int8_problems(op)
        if op.input(0).dims[-1] > _DEEPEST:
            yield Problem(f"a row has {op.input(0).dims[-1]} elements, the kernel takes {_DEEPEST}", "split the rows")

    def layer(self, op: Op) -> Layer:
        depth = op.input(0).dims[-1]
        shape = {"rows": op.output.elements // depth, "depth": depth}
        arguments = (op.at_input(0), op.at_output())
        if op.arithmetic == "integer":
            return Layer(
                invocations=(
                    Invocation(
                        kernel="softmax",
                        struct="ep_softmax",
                        function="ep_softmax_fixed_run",
                        arguments=arguments,
                        fields=shape | _fixed(op),
                    ),
                ),
                defines={"EP_SOFTMAX_FIXED": 1},
            )
        scale = np.float32(-op.input(0).scale) * np.float32(op.attrs["beta"])
        exponents = scale * np.arange(256, dtype=np.float32)
        table = np.asarray([math.exp(float(e)) for e in exponents], np.float64).astype(np.float32)
        real = {"table": op.symbol("exp"), "output_scale": np.float32(op.output.scale)}
        return Layer(
            invocations=(
                Invocation(
                    kernel="softmax",
                    struct="ep_softmax",
                    function="ep_softmax_table_run",
                    arguments=arguments,
                    fields={**shape, **real, "zero_point": op.output.zero_point},
                ),
            ),
            constants=(Constant(name="exp", ctype="float", values=table),),
            defines={"EP_SOFTMAX_TABLE": 1},
        )


def _fixed(op: Op) -> dict[str, int]:
    """The step of one difference in Q5.26, and the largest difference that does not underflow."""
    step = min(op.attrs["beta"] * op.input(0).scale * (1 << 26), 2.0**31 - 1)
    mantissa, shift = (int(part) for part in fixed.quantize_multiplier(step))
    widest = math.floor(31 * (1 << 26) / (1 << shift))
    return {"multiplier": mantissa, "shift": shift, "widest": widest}


KERNEL = ByType(_Softmax(), Softmax16())
