"""ADD and SUB."""

import dataclasses
from collections.abc import Iterator

import numpy as np

from packager.emit.c._broadcast import broadcast_of, broadcast_problems
from packager.emit.c._contract import Invocation, Layer, Op, Problem
from packager.emit.c._quantized import same_problems, shift_problems
from packager.ir import DType
from packager.ops import _fixed_point as fixed
from packager.ops._sum import XNNPACK_BITS, is_taken, ratios

_SPARE, _SPARE_INT16 = 20, 15


@dataclasses.dataclass(frozen=True, slots=True)
class Sum:
    sign: int

    def problems(self, op: Op) -> Iterator[Problem]:
        found = list(same_problems(op, 2))
        yield from found
        if found:
            return
        yield from broadcast_problems(op)
        spare = _SPARE_INT16 if op.input(0).dtype is DType.INT16 else _SPARE
        yield from shift_problems(_multipliers(op, spare)["shift"])

    def layer(self, op: Op) -> Layer:
        low, high = op.clamp
        first, second = op.input(0), op.input(1)
        common = {
            "shape": broadcast_of(op),
            "a_zero": first.zero_point,
            "b_zero": second.zero_point,
            "zero": op.output.zero_point,
            "low": low,
            "high": high,
        }
        if first.dtype is DType.INT16:
            return self._int16(op)
        weighted = op.arithmetic == "xnnpack" and is_taken(op.evaluation)
        weights = self._weighted(op) if weighted else self._fixed(op)
        return Layer(
            invocations=(
                Invocation(
                    kernel="sum",
                    arguments=(op.at_input(0), op.at_input(1), op.at_output()),
                    fields=common | weights,
                    shares=True,
                ),
            ),
        )

    def _int16(self, op: Op) -> Layer:
        low, high = op.clamp
        fields = {"shape": broadcast_of(op), "sign": self.sign, "low": low, "high": high}
        scales = _multipliers(op, _SPARE_INT16)
        arguments = (op.at_input(0), op.at_input(1), op.at_output())
        return Layer(invocations=(Invocation(kernel="sum_int16", arguments=arguments, fields=fields | scales),))

    def _weighted(self, op: Op) -> dict[str, int]:
        scales = ratios(op.evaluation)
        shift = XNNPACK_BITS - (int(np.frexp(scales.max())[1]) - 1)
        a, b = (int(w) for w in np.rint(np.ldexp(scales, shift)))
        return {"fixed": 0, "a_multiplier": a, "b_multiplier": self.sign * b, "shift": shift}

    def _fixed(self, op: Op) -> dict[str, int]:
        return {"fixed": 1, "sign": self.sign, **_multipliers(op, _SPARE)}


def _multipliers(op: Op, spare: int) -> dict[str, int]:
    """Of both inputs to twice the larger scale, and from there, with `spare` bits less, to the output's."""
    a, b, output = op.input(0).scale, op.input(1).scale, op.output.scale
    twice = 2.0 * max(a, b)
    fields: dict[str, int] = {}
    for name, real in (("a_", a / twice), ("b_", b / twice), ("", twice / ((1 << spare) * output))):
        mantissa, shift = fixed.quantize_multiplier(real)
        fields |= {f"{name}multiplier": int(mantissa), f"{name}shift": int(shift)}
    return fields
