"""LOG_SOFTMAX over the last dimension; float32 only."""

from collections.abc import Sequence

import numpy as np

from packager.ir import DType
from packager.ops._contract import Array, Call, OpDef, present


def reference(call: Call, inputs: Sequence[Array | None]) -> tuple[Array, ...]:  # noqa: ARG001 - nothing to ask
    x = present(inputs[0])
    shifted = x - x.max(axis=-1, keepdims=True)
    return (shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True)),)


OP = OpDef(name="LOG_SOFTMAX", reference=reference, types=frozenset({DType.FLOAT32}), stacked=1)
