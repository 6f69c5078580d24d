"""CAST: the same numbers in another element type."""

from collections.abc import Sequence

from packager.ir import DType
from packager.ops._contract import Array, Call, OpDef, present


def reference(call: Call, inputs: Sequence[Array | None]) -> tuple[Array, ...]:
    return (present(inputs[0]).astype(call.output.dtype.numpy),)


OP = OpDef(name="CAST", reference=reference, kind="move", types=frozenset(DType))
