"""BROADCAST_TO: repeat dimensions of size 1."""

from collections.abc import Sequence

import numpy as np

from packager.ir import DType
from packager.ops._contract import Array, Call, OpDef, present


def reference(call: Call, inputs: Sequence[Array | None]) -> tuple[Array, ...]:
    return (np.broadcast_to(present(inputs[0]), call.output.dims).copy(),)


OP = OpDef(name="BROADCAST_TO", reference=reference, kind="move", types=frozenset(DType))
