"""MINIMUM: the smaller of two elements, with broadcasting."""

from collections.abc import Sequence

import numpy as np

from packager.ir import DType
from packager.ops._contract import Array, Call, OpDef, present


def reference(call: Call, inputs: Sequence[Array | None]) -> tuple[Array, ...]:  # noqa: ARG001 - nothing to ask
    """Both inputs and the output share their quantization, so integers compare as they are."""
    return (np.minimum(present(inputs[0]), present(inputs[1])),)


OP = OpDef(
    name="MINIMUM",
    reference=reference,
    types=frozenset({DType.FLOAT32, DType.INT8, DType.UINT8, DType.INT16, DType.INT32, DType.INT64}),
    stacked=2,
)
