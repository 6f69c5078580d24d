"""Clamps as operators of their own."""

from collections.abc import Callable, Sequence

import numpy as np

from packager.ops import _fixed_point as fixed
from packager.ops._contract import Array, Call, present
from packager.ops._elementwise import centred, ratio32, scaled
from packager.ops._requantize import clamp, clamp_float, ends


def clamping(activation: int) -> Callable[[Call, Sequence[Array | None]], tuple[Array, ...]]:
    """The reference of one clamp. XNNPACK takes it in float only, so integers are LiteRT's own kernel in both."""

    def reference(call: Call, inputs: Sequence[Array | None]) -> tuple[Array, ...]:
        x, first, output = present(inputs[0]), call.input(0), call.output
        if first.dtype.is_float:
            return (clamp_float(x, activation).astype(np.float32, copy=False),)
        q = scaled(centred(x, first), ratio32(first.scale, output.scale)) + output.zero_point
        return (clamp(q, output, activation, "integer"),)

    return reference


def between(low: float, high: float) -> Callable[[Call, Sequence[Array | None]], tuple[Array, ...]]:
    """The reference of a clamp that no operator fuses."""

    def reference(call: Call, inputs: Sequence[Array | None]) -> tuple[Array, ...]:
        x, first, output = present(inputs[0]), call.input(0), call.output
        if first.dtype.is_float:
            return (np.clip(x, np.float32(low), np.float32(high)),)
        q = scaled(centred(x, first), ratio32(first.scale, output.scale)) + output.zero_point
        least, most = ends(output)
        bounds = (
            int(fixed.half_away(np.float32(b) / np.float32(output.scale))) + output.zero_point for b in (low, high)
        )
        return (np.clip(q, max(least, next(bounds)), min(most, next(bounds))).astype(x.dtype),)

    return reference
