"""L2_NORMALIZATION: divide by the length of the last dimension; float32 only."""

from collections.abc import Sequence

import numpy as np

from packager.ir import DType
from packager.ops._contract import Array, Call, OpDef, present

_LEAST = 1e-6


def reference(call: Call, inputs: Sequence[Array | None]) -> tuple[Array, ...]:  # noqa: ARG001 - nothing to ask
    x = present(inputs[0])
    length = np.sqrt(np.sum(x * x, axis=-1, keepdims=True))
    return (x / np.maximum(length, np.float32(_LEAST)),)


OP = OpDef(name="L2_NORMALIZATION", reference=reference, types=frozenset({DType.FLOAT32}), stacked=1)
