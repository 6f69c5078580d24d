"""AVERAGE_POOL_2D: the mean of the window's elements that lie inside the input."""

from collections.abc import Sequence

import numpy as np

from packager.ir import DType
from packager.ops._contract import Array, Call, OpDef, present
from packager.ops._requantize import activation_of, clamp, clamp_float
from packager.ops._windows import axes_of, counts, windows


def reference(call: Call, inputs: Sequence[Array | None]) -> tuple[Array, ...]:
    """Integers round to nearest, ties away from zero, with their zero point in: input and output share it.

    XNNPACK takes no quantized average pooling, so both arithmetics are LiteRT's own kernel.
    """
    x = present(inputs[0])
    attrs = call.attrs
    rows, columns = axes_of(call, x.shape, attrs["filter_height"], attrs["filter_width"])
    is_float = call.input(0).dtype.is_float
    view = windows(x if is_float else x.astype(np.int64), rows, columns)
    total = view.sum(axis=(4, 5))
    count = (counts(rows, x.shape[1])[:, None] * counts(columns, x.shape[2]))[..., None]
    activation = activation_of(attrs)
    if is_float:
        return (clamp_float((total / count.astype(np.float32)).astype(np.float32), activation),)
    mean = np.sign(total) * ((np.abs(total) + count // 2) // count)
    return (clamp(mean, call.output, activation, "integer"),)


OP = OpDef(
    name="AVERAGE_POOL_2D",
    reference=reference,
    kind="pool",
    types=frozenset({DType.FLOAT32, DType.INT8, DType.UINT8, DType.INT16}),
    stacked=1,
)
