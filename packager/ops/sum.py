"""SUM: the sum over axes."""

from collections.abc import Sequence

from packager.ops._contract import Array, Call, OpDef
from packager.ops._reduction import TYPES, total


def reference(call: Call, inputs: Sequence[Array | None]) -> tuple[Array, ...]:
    return total(call, inputs, mean=False)


OP = OpDef(name="SUM", reference=reference, kind="pool", types=TYPES)
