"""POW: power of two arrays, with broadcasting; float32 only."""

from collections.abc import Sequence

import numpy as np

from packager.ir import DType
from packager.ops._contract import Array, Call, OpDef, present


def reference(call: Call, inputs: Sequence[Array | None]) -> tuple[Array, ...]:  # noqa: ARG001 - the signature of OpDef.reference
    a, b = present(inputs[0]), present(inputs[1])
    return (np.power(a, b),)


OP = OpDef(name="POW", reference=reference, types=frozenset({DType.FLOAT32}), stacked=2)
