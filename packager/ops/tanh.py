"""TANH: hyperbolic tangent."""

from collections.abc import Sequence

import numpy as np

from packager.ir import DType
from packager.ops._contract import Array, Call, OpDef, present
from packager.ops._sigmoid16 import arguments, between
from packager.ops._table import look_up


def reference(call: Call, inputs: Sequence[Array | None]) -> tuple[Array, ...]:
    x = present(inputs[0])
    if call.input(0).dtype.is_float:
        return (np.tanh(x.astype(np.float64)).astype(np.float32),)
    if call.input(0).dtype is DType.INT16:
        return (_int16(call, x),)
    return (look_up(call, x, np.tanh, arithmetic=call.arithmetic),)


def _int16(call: Call, x: Array) -> Array:
    """``2 * logistic(2 * x) - 1`` from the table of the logistic function."""
    argument = arguments(x, call.input(0), shifts=(0, 1))
    magnitude = np.abs(argument)
    value = np.where(magnitude >> 8 >= 255, 0xFFFF << 8, between(magnitude, 8))
    signed = np.where(argument >= 0, value - (1 << 23) + (1 << 7), (1 << 23) - value + (1 << 7) - 1)
    return (signed >> 8).astype(np.int16)


OP = OpDef(
    name="TANH",
    reference=reference,
    types=frozenset({DType.FLOAT32, DType.INT8, DType.UINT8, DType.INT16}),
    stacked=1,
    inexact={"xnnpack": "int16 with an input scale of 2^-12 or 2^-11: up to 12, by a kernel of LiteRT's own"},
)
