"""SPLIT_V: parts of given sizes along a dimension; a size of -1 takes what is left."""

from collections.abc import Sequence

import numpy as np

from packager.ir import DType
from packager.ops._contract import Array, Call, OpDef, present


def reference(call: Call, inputs: Sequence[Array | None]) -> tuple[Array, ...]:  # noqa: ARG001 - the signature of OpDef.reference
    x, sizes, axis = present(inputs[0]), present(inputs[1]).tolist(), int(present(inputs[2]))
    rest = x.shape[axis] - sum(size for size in sizes if size >= 0)
    ends = np.cumsum([rest if size < 0 else size for size in sizes])
    return tuple(np.split(x, ends[:-1], axis=axis))


OP = OpDef(name="SPLIT_V", reference=reference, kind="move", types=frozenset(DType))
