"""PRELU: ``x`` where positive, ``alpha * x`` elsewhere, with an `alpha` that broadcasts."""

from collections.abc import Sequence

import numpy as np

from packager.ir import DType
from packager.ops._contract import Array, Call, OpDef, present
from packager.ops._elementwise import centred, ratio32, saturated, scaled


def reference(call: Call, inputs: Sequence[Array | None]) -> tuple[Array, ...]:
    """XNNPACK takes it in float only, so integers are LiteRT's own kernel in both arithmetics."""
    x, alpha = present(inputs[0]), present(inputs[1])
    first, second, output = call.input(0), call.input(1), call.output
    if first.dtype.is_float:
        return (np.where(x >= 0, x, x * alpha),)
    value = centred(x, first)
    product = float(np.float32(first.scale) * np.float32(second.scale))
    above = scaled(value, ratio32(first.scale, output.scale))
    below = scaled(value * centred(alpha, second), ratio32(product, output.scale))
    return (saturated(np.where(value >= 0, above, below) + output.zero_point, output),)


OP = OpDef(name="PRELU", reference=reference, types=frozenset({DType.FLOAT32, DType.INT8, DType.UINT8}), stacked=2)
