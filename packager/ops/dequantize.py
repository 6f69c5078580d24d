"""DEQUANTIZE: ``scale * (q - zero point)`` in float32."""

from collections.abc import Sequence

import numpy as np

from packager.ir import DType
from packager.ops._contract import Array, Call, OpDef, present


def reference(call: Call, inputs: Sequence[Array | None]) -> tuple[Array, ...]:
    x, first = present(inputs[0]), call.input(0)
    if first.dtype is DType.FLOAT16:
        return (x.astype(np.float32),)
    assert first.quant is not None
    return (first.quant.dequantize(x),)


OP = OpDef(
    name="DEQUANTIZE",
    reference=reference,
    types=frozenset({DType.FLOAT16, DType.INT8, DType.UINT8, DType.INT16}),
    stacked=1,
)
