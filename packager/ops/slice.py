"""SLICE: a block from `begin` of `size`; a size of -1 reaches to the end."""

from collections.abc import Sequence

from packager.ir import DType
from packager.ops._contract import Array, Call, OpDef, present


def reference(call: Call, inputs: Sequence[Array | None]) -> tuple[Array, ...]:  # noqa: ARG001 - the signature of OpDef.reference
    x, begin, size = (present(value) for value in inputs)
    ends = [None if s < 0 else b + s for b, s in zip(begin.tolist(), size.tolist(), strict=True)]
    return (x[tuple(slice(b, e) for b, e in zip(begin.tolist(), ends, strict=True))],)


OP = OpDef(name="SLICE", reference=reference, kind="move", types=frozenset(DType))
