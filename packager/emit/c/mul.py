"""MUL."""

from collections.abc import Iterator

import numpy as np

from packager.emit.c._broadcast import broadcast_of, broadcast_problems
from packager.emit.c._by_type import ByType
from packager.emit.c._contract import Invocation, Layer, Op, Problem
from packager.emit.c._quantized import int8_problems, int16_problems
from packager.emit.c._scaling import Scaling, finished
from packager.ops import _fixed_point as fixed
from packager.ops._elementwise import is_xnnpack
from packager.ops._requantize import Rule

_LARGEST_SHIFT = 15
"""A product has 17 bits, and must fit 32 when shifted."""


class _Mul:
    def problems(self, op: Op) -> Iterator[Problem]:
        found = list(int8_problems(op, 2))
        yield from found
        if found:
            return
        yield from broadcast_problems(op)
        if int(fixed.quantize_multiplier(float(_multiplier(op)))[1]) > _LARGEST_SHIFT:
            yield Problem("its scaling needs more than 32 bits", "recalibrate: a scale is far out of range")

    def layer(self, op: Op) -> Layer:
        scaling = _scaling(op)
        return Layer(
            invocations=(
                Invocation(
                    kernel="mul",
                    arguments=(op.at_input(0), op.at_input(1), op.at_output()),
                    fields={
                        "shape": broadcast_of(op),
                        "a_zero": op.input(0).zero_point,
                        "b_zero": op.input(1).zero_point,
                        "scaling": scaling.fields,
                    },
                ),
            ),
            constants=scaling.constants,
            defines=scaling.defines,
            spared=scaling.spared,
        )


def _multiplier(op: Op) -> np.float32:
    product: np.float32 = np.float32(op.input(0).scale) * np.float32(op.input(1).scale) / np.float32(op.output.scale)
    return product


def _scaling(op: Op) -> Scaling:
    multiplier = _multiplier(op)
    if is_xnnpack(op.evaluation) and 2.0**-16 <= multiplier < 2.0**8:
        return finished(op, Rule.FLOAT32, {"scale": np.asarray([multiplier])})
    mantissa, shift = fixed.quantize_multiplier([float(multiplier)])
    return finished(op, Rule.TWICE, {"multiplier": mantissa, "shift": shift}, far=False)


class _Mul16:
    def problems(self, op: Op) -> Iterator[Problem]:
        found = list(int16_problems(op, 2))
        yield from found
        if found:
            return
        yield from broadcast_problems(op)
        if int(fixed.quantize_multiplier(float(_multiplier(op)))[1]) > 0:
            yield Problem("its scaling needs more than 32 bits", "recalibrate: a scale is far out of range")

    def layer(self, op: Op) -> Layer:
        mantissa, shift = fixed.quantize_multiplier(float(_multiplier(op)))
        low, high = op.clamp
        scaling = {"multiplier": int(mantissa), "shift": int(shift), "low": low, "high": high}
        return Layer(
            invocations=(
                Invocation(
                    kernel="mul_int16",
                    arguments=(op.at_input(0), op.at_input(1), op.at_output()),
                    fields={"shape": broadcast_of(op), **scaling},
                ),
            ),
        )


KERNEL = ByType(_Mul(), _Mul16())
