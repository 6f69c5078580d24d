"""DYNAMIC_UPDATE_SLICE: an array with one block of it replaced; the block is moved inside where it would reach out."""

from collections.abc import Sequence

import numpy as np

from packager.ir import DType
from packager.ops._contract import Array, Call, OpDef, present


def reference(call: Call, inputs: Sequence[Array | None]) -> tuple[Array, ...]:  # noqa: ARG001 - the signature of OpDef.reference
    x, block, start = (present(i) for i in inputs)
    first = np.clip(start.reshape(-1), 0, np.subtract(x.shape, block.shape))
    found = x.copy()
    found[tuple(slice(at, at + size) for at, size in zip(first.tolist(), block.shape, strict=True))] = block
    return (found,)


OP = OpDef(name="DYNAMIC_UPDATE_SLICE", reference=reference, kind="move", types=frozenset(DType))
