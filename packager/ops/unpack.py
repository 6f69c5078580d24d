"""UNPACK: take an array apart along a dimension."""

from collections.abc import Sequence

import numpy as np

from packager.ir import DType
from packager.ops._contract import Array, Call, OpDef, present


def reference(call: Call, inputs: Sequence[Array | None]) -> tuple[Array, ...]:
    return tuple(np.moveaxis(present(inputs[0]), call.attrs["axis"], 0))


OP = OpDef(name="UNPACK", reference=reference, kind="move", types=frozenset(DType))
