"""SQUARED_DIFFERENCE: squared difference of two arrays, with broadcasting; float32 only."""

from collections.abc import Sequence

from packager.ir import DType
from packager.ops._contract import Array, Call, OpDef, present


def reference(call: Call, inputs: Sequence[Array | None]) -> tuple[Array, ...]:  # noqa: ARG001 - the signature of OpDef.reference
    a, b = present(inputs[0]), present(inputs[1])
    return ((a - b) * (a - b),)


OP = OpDef(name="SQUARED_DIFFERENCE", reference=reference, types=frozenset({DType.FLOAT32}), stacked=2)
