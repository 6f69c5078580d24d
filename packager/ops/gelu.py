"""GELU: ``x`` times the normal distribution function of ``x``, exact or by the usual tanh."""

import math
from collections.abc import Sequence

import numpy as np

from packager.ir import DType
from packager.ops._contract import Array, Call, OpDef, present
from packager.ops._table import Real, look_up

_ERF = np.vectorize(math.erf, otypes=[np.float64])


def reference(call: Call, inputs: Sequence[Array | None]) -> tuple[Array, ...]:
    x = present(inputs[0])
    function = _by_tanh if call.attrs["approximate"] else _exact
    if call.input(0).dtype.is_float:
        return (function(x.astype(np.float64)).astype(np.float32),)
    return (look_up(call, x, function, arithmetic="integer"),)


def _exact(x: Real) -> Real:
    value: Real = 0.5 * x * (1 + _ERF(x * math.sqrt(0.5)))
    return value


def _by_tanh(x: Real) -> Real:
    value: Real = 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))
    return value


OP = OpDef(name="GELU", reference=reference, types=frozenset({DType.FLOAT32, DType.INT8}), stacked=1)
