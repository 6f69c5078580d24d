"""SUM: the sum over axes."""

from collections.abc import Sequence

from packager.ir import DType
from packager.ops._contract import Array, Call, OpDef
from packager.ops._reduction import TYPES, total


def reference(call: Call, inputs: Sequence[Array | None]) -> tuple[Array, ...]:
    return total(call, inputs, mean=False)


OP = OpDef(
    name="SUM",
    reference=reference,
    kind="pool",
    types=TYPES - {DType.INT16},
    inexact={"integer": "int8: LiteRT 2.3.0's reference kernel reads it as uint8; this is the sum that it means"},
)
