"""L2_NORMALIZATION: divide by the length of the last dimension."""

from collections.abc import Sequence

import numpy as np

from packager.ir import DType
from packager.ops import _fixed_point as fixed
from packager.ops._contract import Array, Call, OpDef, present
from packager.ops._elementwise import centred, saturated
from packager.ops._inverse_sqrt import inverse_sqrt

_LEAST = 1e-6
FRACTION = 7
"""Bits of LiteRT's output: its scale is 2^-7, its zero point 0."""


def reference(call: Call, inputs: Sequence[Array | None]) -> tuple[Array, ...]:
    """XNNPACK takes it in float only, so integers are LiteRT's own kernel in both arithmetics."""
    x = present(inputs[0])
    if call.input(0).dtype.is_float:
        length = np.sqrt(np.sum(x * x, axis=-1, keepdims=True))
        return (x / np.maximum(length, np.float32(_LEAST)),)
    value = centred(x, call.input(0))
    mantissa, shift = inverse_sqrt((value * value).sum(axis=-1, keepdims=True))
    return (saturated(fixed.multiply(value, mantissa, shift + FRACTION), call.output),)


OP = OpDef(name="L2_NORMALIZATION", reference=reference, types=frozenset({DType.FLOAT32, DType.INT8}), stacked=1)
