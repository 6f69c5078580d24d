"""MAX_POOL_2D: the largest of the window's elements that lie inside the input."""

from collections.abc import Sequence

import numpy as np

from packager.ir import DType
from packager.ops._contract import Array, Call, OpDef, present
from packager.ops._requantize import activation_of, clamp, clamp_float, ends
from packager.ops._windows import axes_of, windows


def reference(call: Call, inputs: Sequence[Array | None]) -> tuple[Array, ...]:
    """Input and output share their scale and zero point, so the largest integer is the answer."""
    x, attrs = present(inputs[0]), call.attrs
    is_float = call.input(0).dtype.is_float
    lowest = -np.inf if is_float else ends(call.input(0))[0]
    largest = windows(x, *axes_of(call, x.shape, attrs["filter_height"], attrs["filter_width"]), lowest).max(
        axis=(4, 5)
    )
    activation = activation_of(attrs)
    return (clamp_float(largest, activation) if is_float else clamp(largest, call.output, activation, call.arithmetic),)


OP = OpDef(
    name="MAX_POOL_2D",
    reference=reference,
    kind="pool",
    types=frozenset({DType.FLOAT32, DType.INT8, DType.UINT8, DType.INT16}),
    stacked=1,
)
