"""DEPTH_TO_SPACE: channels to blocks of pixels."""

from collections.abc import Sequence

from packager.ir import DType
from packager.ops._contract import Array, Call, OpDef, present


def reference(call: Call, inputs: Sequence[Array | None]) -> tuple[Array, ...]:
    x, size = present(inputs[0]), call.attrs["block_size"]
    n, h, w, c = x.shape
    depth = c // (size * size)
    blocks = x.reshape(n, h, w, size, size, depth)
    return (blocks.transpose(0, 1, 3, 2, 4, 5).reshape(n, h * size, w * size, depth),)


OP = OpDef(name="DEPTH_TO_SPACE", reference=reference, kind="move", types=frozenset(DType), stacked=1)
