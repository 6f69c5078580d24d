"""BATCH_TO_SPACE_ND: the batch to blocks of pixels, then crop."""

from collections.abc import Sequence

from packager.ir import DType
from packager.ops._contract import Array, Call, OpDef, present


def reference(call: Call, inputs: Sequence[Array | None]) -> tuple[Array, ...]:
    x, blocks = present(inputs[0]), present(inputs[1]).tolist()
    spatial = len(blocks)
    cut = x.reshape(*blocks, -1, *x.shape[1:])
    order = [spatial]
    for i in range(spatial):
        order += [spatial + 1 + i, i]
    order += range(2 * spatial + 1, cut.ndim)
    sizes = [size * block for size, block in zip(x.shape[1:], blocks, strict=False)]
    whole = cut.transpose(order).reshape(-1, *sizes, *x.shape[1 + spatial :])
    crops = tuple(slice(int(a), size - int(b)) for size, (a, b) in zip(sizes, present(inputs[2]), strict=True))
    return (whole[(slice(None), *crops)].reshape(call.output.dims),)


OP = OpDef(name="BATCH_TO_SPACE_ND", reference=reference, kind="move", types=frozenset(DType))
