"""SELECT: elements of one input or of another; a condition of one dimension chooses among slices of the first."""

from collections.abc import Sequence

import numpy as np

from packager.ir import DType
from packager.ops._contract import Array, Call, OpDef, present


def reference(call: Call, inputs: Sequence[Array | None]) -> tuple[Array, ...]:  # noqa: ARG001 - the signature of OpDef.reference
    condition, x, y = (present(i) for i in inputs)
    if condition.ndim < x.ndim:
        condition = condition.reshape(*condition.shape, *(1,) * (x.ndim - condition.ndim))
    return (np.where(condition, x, y),)


OP = OpDef(name="SELECT", reference=reference, kind="move", types=frozenset({DType.BOOL}))
