"""SQRT: square root. Integers are truncated, not rounded, and those under zero, which LiteRT refuses, count as zero."""

from collections.abc import Sequence

import numpy as np

from packager.ir import DType
from packager.ops._contract import Array, Call, OpDef, present
from packager.ops._elementwise import centred, saturated
from packager.ops._pointwise import applying


def reference(call: Call, inputs: Sequence[Array | None]) -> tuple[Array, ...]:
    x, first, output = present(inputs[0]), call.input(0), call.output
    if first.dtype.is_float:
        return applying(np.sqrt)(call, inputs)
    real = np.maximum(centred(x, first), 0).astype(np.float32) * np.float32(first.scale)
    whole = np.trunc(np.sqrt(real) / np.float32(output.scale))
    return (saturated(whole.astype(np.int64) + output.zero_point, output),)


OP = OpDef(name="SQRT", reference=reference, types=frozenset({DType.FLOAT32, DType.INT8}), stacked=1)
