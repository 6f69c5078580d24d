"""PACK: join arrays along a new dimension."""

from collections.abc import Sequence

import numpy as np

from packager.ir import DType
from packager.ops._contract import Array, Call, OpDef, present


def reference(call: Call, inputs: Sequence[Array | None]) -> tuple[Array, ...]:
    return (np.stack([present(x) for x in inputs], axis=call.attrs["axis"]),)


OP = OpDef(name="PACK", reference=reference, kind="move", types=frozenset(DType))
