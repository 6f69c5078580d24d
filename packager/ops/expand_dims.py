"""EXPAND_DIMS: insert a dimension of size 1."""

from collections.abc import Sequence

from packager.ir import DType
from packager.ops._contract import Array, Call, OpDef, present


def reference(call: Call, inputs: Sequence[Array | None]) -> tuple[Array, ...]:
    return (present(inputs[0]).reshape(call.output.dims),)


OP = OpDef(name="EXPAND_DIMS", reference=reference, kind="move", types=frozenset(DType))
