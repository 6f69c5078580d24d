"""MEAN: the mean over axes."""

from collections.abc import Sequence

from packager.ops._contract import Array, Call, OpDef
from packager.ops._reduction import TYPES, total


def reference(call: Call, inputs: Sequence[Array | None]) -> tuple[Array, ...]:
    return total(call, inputs, mean=True)


OP = OpDef(name="MEAN", reference=reference, kind="pool", types=TYPES)
