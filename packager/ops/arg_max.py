"""ARG_MAX: the index of the largest element along an axis, the first of equals."""

from collections.abc import Sequence

import numpy as np

from packager.ir import DType
from packager.ops._contract import Array, Call, OpDef, present


def reference(call: Call, inputs: Sequence[Array | None]) -> tuple[Array, ...]:
    index = np.argmax(present(inputs[0]), axis=int(present(inputs[1]).reshape(())))
    return (np.asarray(index).astype(call.output.dtype.numpy),)


OP = OpDef(
    name="ARG_MAX",
    reference=reference,
    types=frozenset({DType.FLOAT32, DType.INT8, DType.UINT8, DType.INT16, DType.INT32}),
)
