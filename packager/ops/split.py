"""SPLIT: equal parts along a dimension; the first input is the axis."""

from collections.abc import Sequence

import numpy as np

from packager.ir import DType
from packager.ops._contract import Array, Call, OpDef, present


def reference(call: Call, inputs: Sequence[Array | None]) -> tuple[Array, ...]:
    return tuple(np.split(present(inputs[1]), call.attrs["num_splits"], axis=int(present(inputs[0]))))


OP = OpDef(name="SPLIT", reference=reference, kind="move", types=frozenset(DType))
