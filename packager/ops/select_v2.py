"""SELECT_V2: elements of one input or of another, as a condition says, with broadcasting. Integers are not rescaled."""

from collections.abc import Sequence

import numpy as np

from packager.ir import DType
from packager.ops._contract import Array, Call, OpDef, present


def reference(call: Call, inputs: Sequence[Array | None]) -> tuple[Array, ...]:  # noqa: ARG001 - the signature of OpDef.reference
    return (np.where(present(inputs[0]), present(inputs[1]), present(inputs[2])),)


OP = OpDef(name="SELECT_V2", reference=reference, kind="move", types=frozenset({DType.BOOL}))
