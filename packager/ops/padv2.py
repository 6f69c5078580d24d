"""PADV2: surround with a given value."""

from collections.abc import Sequence

import numpy as np

from packager.ir import DType
from packager.ops._contract import Array, Call, OpDef, present


def reference(call: Call, inputs: Sequence[Array | None]) -> tuple[Array, ...]:  # noqa: ARG001 - the signature of OpDef.reference
    edges = [(int(before), int(after)) for before, after in present(inputs[1])]
    value = present(inputs[2]).reshape(())
    padded: Array = np.pad(present(inputs[0]), edges, constant_values=value)
    return (padded,)


OP = OpDef(name="PADV2", reference=reference, kind="move", types=frozenset(DType))
