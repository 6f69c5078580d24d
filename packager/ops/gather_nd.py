"""GATHER_ND: pick elements or slices, each by as many indices as the last dimension of the indices is long."""

from collections.abc import Sequence

import numpy as np

from packager.ir import DType
from packager.ops._contract import Array, Call, OpDef, present


def reference(call: Call, inputs: Sequence[Array | None]) -> tuple[Array, ...]:  # noqa: ARG001 - the signature of OpDef.reference
    indices = present(inputs[1])
    return (present(inputs[0])[tuple(np.moveaxis(indices, -1, 0))],)


OP = OpDef(name="GATHER_ND", reference=reference, kind="move", types=frozenset(DType))
