"""SOFTMAX."""

import math
from collections.abc import Iterator

import numpy as np

from packager.emit.c._by_type import ByType
from packager.emit.c._contract import Constant, Ints, Invocation, Layer, Op, Problem
from packager.emit.c._quantized import int8_problems, row_problems, rows_of
from packager.emit.c._softmax16 import Softmax16
from packager.ops import _fixed_point as fixed

_DEEPEST = 4096
"""Exponentials whose sum in Q12.19 fits 32 bits."""
_ALL, _PARTS = 256, 16
"""Differences of two int8; factors of which each exponential is made."""
_UNSURE = 2.0**-48
"""Relative, more than what some roundings to double, and a series without its third term, leave uncertain."""


class _Softmax:
    def problems(self, op: Op) -> Iterator[Problem]:
        yield from int8_problems(op)
        yield from row_problems(op, _DEEPEST)

    def layer(self, op: Op) -> Layer:
        shape = rows_of(op)
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
        step = np.float32(-op.input(0).scale) * np.float32(op.attrs["beta"])
        form, ctype, values = _exponentials(step, op.output.elements if op.target.doubles else _ALL)
        real = {form: op.symbol("exp"), "step": step, "output_scale": np.float32(op.output.scale)}
        return Layer(
            invocations=(
                Invocation(
                    kernel="softmax",
                    struct="ep_softmax",
                    function=f"ep_softmax_{form}_run",
                    arguments=arguments,
                    fields={**shape, **real, "zero_point": op.output.zero_point},
                ),
            ),
            constants=(Constant(name="exp", ctype=ctype, values=values),),
            defines={f"EP_SOFTMAX_{form.upper()}": 1},
        )


def _exponentials(step: np.float32, elements: int) -> tuple[str, str, Ints]:
    """``exp(step * i)`` for i from 0 to 255 as the kernel takes them: the field, its C type, and the numbers.

    Where fewer elements than the table has are looked up, 32 factors, if the kernel's product of two of them is
    certain to be the table's number: further from the middle of two floats than its own roundings could move it.
    """
    exponents = step * np.arange(_ALL, dtype=np.float32)
    table = np.asarray([math.exp(float(e)) for e in exponents], np.float64).astype(np.float32)
    places = np.arange(_ALL)
    parts = np.asarray([math.exp(float(step) * i) for i in (*range(_PARTS), *range(0, _ALL, _PARTS))])
    near = parts[places % _PARTS] * parts[_PARTS + places // _PARTS]
    moved = exponents.astype(np.float64) - float(step) * places
    product = near + near * (moved + moved * moved * 0.5)
    certain = all(np.array_equal((product * (1 + off)).astype(np.float32), table) for off in (-_UNSURE, _UNSURE))
    return ("parts", "double", parts) if elements < _ALL and certain else ("table", "float", table)


def _fixed(op: Op) -> dict[str, int]:
    """The step of one difference in Q5.26, and the largest difference that does not underflow."""
    step = min(op.attrs["beta"] * op.input(0).scale * (1 << 26), 2.0**31 - 1)
    mantissa, shift = (int(part) for part in fixed.quantize_multiplier(step))
    widest = math.floor(31 * (1 << 26) / (1 << shift))
    return {"multiplier": mantissa, "shift": shift, "widest": widest}


KERNEL = ByType(_Softmax(), Softmax16())
