"""REVERSE_V2: backwards along some dimensions."""

from collections.abc import Sequence

import numpy as np

from packager.ir import DType
from packager.ops._contract import Array, Call, OpDef, present


def reference(call: Call, inputs: Sequence[Array | None]) -> tuple[Array, ...]:  # noqa: ARG001 - the signature of OpDef.reference
    return (np.flip(present(inputs[0]), tuple(present(inputs[1]).reshape(-1).tolist())),)


OP = OpDef(name="REVERSE_V2", reference=reference, kind="move", types=frozenset(DType))
