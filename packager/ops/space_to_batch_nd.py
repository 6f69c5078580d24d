"""SPACE_TO_BATCH_ND: pad, then blocks of pixels to the batch."""

from collections.abc import Sequence

import numpy as np

from packager.ir import DType
from packager.ops._contract import Array, Call, OpDef, present


def reference(call: Call, inputs: Sequence[Array | None]) -> tuple[Array, ...]:
    """The padding is zero, which is the zero point of a quantized tensor."""
    x, blocks = present(inputs[0]), present(inputs[1]).tolist()
    edges = [(0, 0), *((int(a), int(b)) for a, b in present(inputs[2]))]
    edges += [(0, 0)] * (x.ndim - len(edges))
    fill = call.output.zero_point if call.output.is_quantized else 0
    padded = np.pad(x, edges, constant_values=fill)
    spatial = len(blocks)
    split = [padded.shape[0]]
    for size, block in zip(padded.shape[1:], blocks, strict=False):
        split += [size // block, block]
    cut = padded.reshape(*split, *padded.shape[1 + spatial :])
    inner = [2 + 2 * i for i in range(spatial)]
    outer = [1 + 2 * i for i in range(spatial)]
    order = [*inner, 0, *outer, *range(1 + 2 * spatial, cut.ndim)]
    return (cut.transpose(order).reshape(call.output.dims),)


OP = OpDef(name="SPACE_TO_BATCH_ND", reference=reference, kind="move", types=frozenset(DType))
