"""RSQRT: reciprocal of the square root. Of integers under zero, which LiteRT refuses, the output's largest."""

from collections.abc import Sequence

import numpy as np

from packager.ir import DType
from packager.ops import _fixed_point as fixed
from packager.ops._contract import Array, Call, OpDef, present
from packager.ops._elementwise import centred, saturated
from packager.ops._inverse_sqrt import inverse_sqrt
from packager.ops._pointwise import applying
from packager.ops._requantize import ends

_SPARE = 20
"""Bits by which the reciprocal, under 1, is an integer."""


def reference(call: Call, inputs: Sequence[Array | None]) -> tuple[Array, ...]:
    x, first, output = present(inputs[0]), call.input(0), call.output
    if first.dtype.is_float:
        return applying(lambda v: 1 / np.sqrt(v))(call, inputs)
    value = centred(x, first)
    mantissa, shift = inverse_sqrt(np.maximum(value, 1))
    wide = fixed.multiply(np.ones_like(value), mantissa, shift + _SPARE)
    multiplier, right = fixed.quantize_multiplier(
        1 / float(np.sqrt(np.float32(first.scale)) * np.float32(output.scale))
    )
    q = fixed.multiply(wide, multiplier, right - _SPARE) + output.zero_point
    return (saturated(np.where(value <= 0, ends(output)[1], q), output),)


OP = OpDef(name="RSQRT", reference=reference, types=frozenset({DType.FLOAT32, DType.INT8}), stacked=1)
