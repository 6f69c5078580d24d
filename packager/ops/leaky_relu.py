"""LEAKY_RELU: ``x`` where positive, ``alpha * x`` elsewhere."""

import math
from collections.abc import Sequence

import numpy as np

from packager.ops._contract import Array, Call, OpDef, present
from packager.ops._elementwise import TYPES, centred, is_xnnpack, ratio32, saturated, scaled


def reference(call: Call, inputs: Sequence[Array | None]) -> tuple[Array, ...]:
    x, first, output = present(inputs[0]), call.input(0), call.output
    alpha = np.float32(call.attrs["alpha"])
    if first.dtype.is_float:
        return (np.where(x > 0, x, x * alpha),)
    value = centred(x, first)
    up, down = np.float32(ratio32(first.scale, output.scale)), downwards(call)
    if is_xnnpack(call) and _taken(float(up), float(up * alpha)):
        weights = np.rint(np.asarray([up, up * alpha], np.float32) * np.float32(256)).astype(np.int64)
        q = ((value * np.where(value >= 0, weights[0], weights[1]) + 0x80) >> 8) + output.zero_point
        return (saturated(q, output),)
    below = math.copysign(1, down) * scaled(value, abs(down))
    return (saturated(np.where(value >= 0, scaled(value, float(up)), below) + output.zero_point, output),)


def downwards(call: Call) -> float:
    scale = np.float32(call.input(0).scale) * np.float32(call.attrs["alpha"])
    return float(scale / np.float32(call.output.scale))


def _taken(up: float, down: float) -> bool:
    """Whether XNNPACK's 16-bit weights hold both slopes."""
    return 2.0**-8 <= up <= 128 and abs(down) >= 2.0**-8 and -127.99609375 <= down <= 128


OP = OpDef(name="LEAKY_RELU", reference=reference, types=TYPES, stacked=1)
