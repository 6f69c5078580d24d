"""SPACE_TO_DEPTH: blocks of pixels to channels."""

from collections.abc import Sequence

from packager.ir import DType
from packager.ops._contract import Array, Call, OpDef, present


def reference(call: Call, inputs: Sequence[Array | None]) -> tuple[Array, ...]:
    x, size = present(inputs[0]), call.attrs["block_size"]
    n, h, w, c = x.shape
    blocks = x.reshape(n, h // size, size, w // size, size, c)
    return (blocks.transpose(0, 1, 3, 2, 4, 5).reshape(n, h // size, w // size, size * size * c),)


OP = OpDef(name="SPACE_TO_DEPTH", reference=reference, kind="move", types=frozenset(DType), stacked=1)
