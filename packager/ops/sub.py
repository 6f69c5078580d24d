"""SUB: elementwise difference with broadcasting."""

from collections.abc import Sequence

from packager.ops._contract import Array, Call, OpDef
from packager.ops._sum import TYPES, objection, weighted_sum


def reference(call: Call, inputs: Sequence[Array | None]) -> tuple[Array, ...]:
    return (weighted_sum(call, inputs, sign=-1),)


OP = OpDef(name="SUB", reference=reference, types=TYPES, stacked=2, objection=objection)
