"""Reductions over axes given as an input: sum and mean of quantized arrays, largest and smallest."""

import math
from collections.abc import Callable, Sequence

import numpy as np

from packager.ir import DType
from packager.ops import _fixed_point as fixed
from packager.ops._contract import Array, Call, present
from packager.ops._elementwise import is_xnnpack, saturated

TYPES = frozenset({DType.FLOAT32, DType.INT8, DType.UINT8, DType.INT16})


def axes_of(call: Call, axes: Array | None) -> tuple[int, ...]:
    rank = len(call.input(0).dims)
    return tuple(sorted({int(axis) % rank for axis in present(axes).reshape(-1)}))


def extreme(function: Callable[..., Array]) -> Callable[[Call, Sequence[Array | None]], tuple[Array, ...]]:
    """The reference of a largest or smallest: input and output share their quantization."""

    def reference(call: Call, inputs: Sequence[Array | None]) -> tuple[Array, ...]:
        found = function(present(inputs[0]), axis=axes_of(call, inputs[1]))
        return (np.asarray(found).reshape(call.output.dims),)

    return reference


def total(call: Call, inputs: Sequence[Array | None], *, mean: bool) -> tuple[Array, ...]:
    x, first, output = present(inputs[0]), call.input(0), call.output
    axes = axes_of(call, inputs[1])
    count = math.prod(first.dims[axis] for axis in axes)
    if first.dtype.is_float:
        added = x.sum(axis=axes, dtype=np.float32)
        return (np.asarray(added / np.float32(count) if mean else added, np.float32).reshape(output.dims),)
    added = x.sum(axis=axes, dtype=np.int64)
    rule = _xnnpack if is_xnnpack(call) else _integer
    return (saturated(rule(call, added, count, mean=mean), output).reshape(output.dims),)


def _xnnpack(call: Call, added: Array, count: int, *, mean: bool) -> Array:
    """The zero points are folded into one float32 offset, then one multiplication, ties to even."""
    first, output = call.input(0), call.output
    scale = np.float32(first.scale) / np.float32(output.scale)
    if mean:
        scale = scale * (np.float32(1) / np.float32(count))
    offset = np.float32(output.zero_point) - np.float32(count * first.zero_point) * scale
    q: Array = np.rint(added.astype(np.float32) * scale + offset)
    return q


def _integer(call: Call, added: Array, count: int, *, mean: bool) -> Array:
    """A mean divides the multiplier, not the sum, after widening it by the bits that the division costs."""
    first, output = call.input(0), call.output
    mantissa, shift = (int(part) for part in fixed.quantize_multiplier(first.scale / output.scale))
    if mean:
        widened = min(count.bit_length() - 1, 32, 31 + shift)
        mantissa, shift = (mantissa << widened) // count, shift - widened
    return fixed.multiply(added - count * first.zero_point, mantissa, shift) + output.zero_point
