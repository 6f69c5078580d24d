"""SQUARED_DIFFERENCE: squared difference of two arrays, with broadcasting."""

from collections.abc import Sequence

import numpy as np

from packager.ir import DType
from packager.ops import _fixed_point as fixed
from packager.ops._contract import Array, Call, OpDef, present
from packager.ops._elementwise import centred, saturated

SPARE = 7
"""Bits by which both inputs are widened before they are brought to one scale: 255^2 * 2^14 fits 32 bits."""


def reference(call: Call, inputs: Sequence[Array | None]) -> tuple[Array, ...]:
    """XNNPACK takes it in float only, so integers are LiteRT's own kernel in both arithmetics."""
    a, b = present(inputs[0]), present(inputs[1])
    if call.input(0).dtype.is_float:
        return ((a - b) * (a - b),)
    first, second, output = scales(call.input(0).scale, call.input(1).scale, call.output.scale)
    a, b = (centred(x, call.input(i)) << SPARE for i, x in enumerate((a, b)))
    difference = _scaled(a, first) - _scaled(b, second)
    return (saturated(_scaled(difference * difference, output) + call.output.zero_point, call.output),)


def scales(first: float, second: float, output: float) -> tuple[float, float, float]:
    """Of both inputs to twice the larger scale, and of the square from there to the output's."""
    twice = 2.0 * max(first, second)
    return first / twice, second / twice, twice * twice / ((1 << (2 * SPARE)) * output)


def _scaled(x: Array, real: float) -> Array:
    return np.asarray(fixed.multiply(x, *fixed.quantize_multiplier(real)))


OP = OpDef(name="SQUARED_DIFFERENCE", reference=reference, types=frozenset({DType.FLOAT32, DType.INT8}), stacked=2)
