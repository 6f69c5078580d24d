"""ABS: magnitude."""

from collections.abc import Sequence

import numpy as np

from packager.ir import DType
from packager.ops._contract import Array, Call, OpDef, present
from packager.ops._elementwise import centred, ratio32, saturated, scaled


def reference(call: Call, inputs: Sequence[Array | None]) -> tuple[Array, ...]:
    """XNNPACK takes it in float only, so integers are LiteRT's own kernel in both arithmetics."""
    x, first, output = present(inputs[0]), call.input(0), call.output
    if first.dtype.is_float:
        return (np.abs(x),)
    q = scaled(np.abs(centred(x, first)), ratio32(first.scale, output.scale)) + output.zero_point
    return (saturated(q, output),)


OP = OpDef(name="ABS", reference=reference, types=frozenset({DType.FLOAT32, DType.INT8}), stacked=1)
