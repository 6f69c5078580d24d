"""SHAPE: the dimensions of a tensor."""

from collections.abc import Sequence

import numpy as np

from packager.ir import DType
from packager.ops._contract import Array, Call, OpDef, present


def reference(call: Call, inputs: Sequence[Array | None]) -> tuple[Array, ...]:
    return (np.asarray(present(inputs[0]).shape, call.output.dtype.numpy),)


OP = OpDef(name="SHAPE", reference=reference, kind="move", types=frozenset(DType))
