"""LOGISTIC: ``1 / (1 + exp(-x))``."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from packager.ir import DType
from packager.ops._contract import Array, Call, OpDef, present
from packager.ops._sigmoid16 import arguments, between
from packager.ops._table import look_up


def reference(call: Call, inputs: Sequence[Array | None]) -> tuple[Array, ...]:
    x = present(inputs[0])
    if call.input(0).dtype.is_float:
        return ((1 / (1 + np.exp(-x.astype(np.float64)))).astype(np.float32),)
    if call.input(0).dtype is DType.INT16:
        return (_int16(call, x),)
    return (look_up(call, x, _exact if call.arithmetic == "xnnpack" else _in_float32, arithmetic=call.arithmetic),)


def _exact(x: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    e = np.exp(np.clip(x, -100, 100))
    quotient: npt.NDArray[np.float64] = e / (1 + e)
    return quotient


def _in_float32(x: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Each step rounded to float32, as LiteRT's own table is computed."""
    one = np.float32(1)
    with np.errstate(over="ignore"):
        return (one / (one + np.exp(-x).astype(np.float32))).astype(np.float64)


def _int16(call: Call, x: Array) -> Array:
    argument = arguments(x, call.input(0), shifts=(0,))
    magnitude = np.abs(argument)
    value = np.where(magnitude >> 9 >= 255, 0x7FFF << 10, between(magnitude, 9))
    signed = np.where(argument >= 0, value + (1 << 9), (1 << 25) - value + (1 << 9) - 1)
    return (signed >> 10).astype(np.int16)


OP = OpDef(
    name="LOGISTIC",
    reference=reference,
    types=frozenset({DType.FLOAT32, DType.INT8, DType.UINT8, DType.INT16}),
    stacked=1,
    inexact={"xnnpack": "int16 with an input scale of 2^-12: up to 12, by a kernel of LiteRT's own"},
)
