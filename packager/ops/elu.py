"""ELU: ``x`` where positive, ``e^x - 1`` elsewhere."""

from collections.abc import Sequence

import numpy as np

from packager.ir import DType
from packager.ops._contract import Array, Call, OpDef, present
from packager.ops._table import Real, look_up


def reference(call: Call, inputs: Sequence[Array | None]) -> tuple[Array, ...]:
    x = present(inputs[0])
    if call.input(0).dtype.is_float:
        return (_elu(x.astype(np.float64)).astype(np.float32),)
    function = _elu if call.arithmetic == "xnnpack" else _in_float32
    return (look_up(call, x, function, arithmetic=call.arithmetic),)


def _elu(x: Real) -> Real:
    return np.where(x < 0, np.expm1(np.minimum(x, 0)), x)


def _in_float32(x: Real) -> Real:
    """The exponential rounded before the 1 is taken away, as LiteRT's own table is computed."""
    below = np.exp(np.minimum(x, 0)).astype(np.float32) - np.float32(1)
    return np.where(x < 0, below.astype(np.float64), x)


OP = OpDef(
    name="ELU",
    reference=reference,
    types=frozenset({DType.FLOAT32, DType.INT8}),
    stacked=1,
    inexact={"integer": "none known: LiteRT's reference kernels have no ELU, its optimized one is matched"},
)
