"""MUL: elementwise product with broadcasting."""

from collections.abc import Sequence

import numpy as np

from packager.ir import DType
from packager.ops._contract import Array, Call, OpDef, present
from packager.ops._elementwise import centred, is_xnnpack, scaled
from packager.ops._requantize import activation_of, clamp, clamp_float, float32_scale
from packager.ops._sum import objection


def reference(call: Call, inputs: Sequence[Array | None]) -> tuple[Array, ...]:
    a, b = present(inputs[0]), present(inputs[1])
    first, second, output = call.input(0), call.input(1), call.output
    activation = activation_of(call.attrs)
    if not first.is_quantized:
        return (clamp_float(a * b, activation).astype(a.dtype, copy=False),)
    product = centred(a, first) * centred(b, second)
    multiplier = np.float32(first.scale) * np.float32(second.scale) / np.float32(output.scale)
    if is_xnnpack(call) and 2.0**-16 <= multiplier < 2.0**8:
        q = float32_scale(product, multiplier) + output.zero_point
    else:
        q = scaled(product, float(multiplier)) + output.zero_point
    return (clamp(q, output, activation, call.arithmetic),)


OP = OpDef(
    name="MUL",
    reference=reference,
    types=frozenset({DType.FLOAT32, DType.INT8, DType.UINT8, DType.INT16, DType.INT32}),
    stacked=2,
    objection=objection,
)
