"""BATCH_MATMUL: matrix products over leading dimensions that broadcast."""

from collections.abc import Sequence

import numpy as np

from packager.ir import DType
from packager.ops._contract import Array, Call, OpDef, present
from packager.ops._contraction import centred
from packager.ops._elementwise import is_xnnpack, saturated, scaled
from packager.ops._requantize import float32_scale


def reference(call: Call, inputs: Sequence[Array | None]) -> tuple[Array, ...]:
    first, second, output = call.input(0), call.input(1), call.output
    like = np.float32 if first.dtype.is_float else np.float64
    a, b = centred(present(inputs[0]), first, like), centred(present(inputs[1]), second, like)
    left = np.swapaxes(a, -1, -2) if call.attrs["adj_x"] else a
    right = np.swapaxes(b, -1, -2) if call.attrs["adj_y"] else b
    product = left @ right
    if first.dtype.is_float:
        return (product,)
    scale = np.float32(first.scale) * np.float32(second.scale)
    exact = product.astype(np.int64)
    if is_in_float(call):
        q = float32_scale(exact, scale / np.float32(output.scale))
    else:
        q = scaled(exact, float(scale) / output.scale)
    return (saturated(q + output.zero_point, output),)


def is_in_float(call: Call) -> bool:
    """Whether XNNPACK computes it: its second factor is symmetric."""
    return is_xnnpack(call) and call.input(1).zero_point == 0


def macs(call: Call) -> int:
    dims = call.input(0).dims
    return call.output.elements * dims[-2 if call.attrs["adj_x"] else -1]


OP = OpDef(
    name="BATCH_MATMUL",
    reference=reference,
    macs=macs,
    kind="dense",
    types=frozenset({DType.FLOAT32, DType.INT8}),
)
