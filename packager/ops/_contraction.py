"""Exact integer contractions on floating-point matrix units, and the bias and activation that follow them.

A float sum of integers is exact while it stays under the mantissa's width, so BLAS computes the accumulators.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from packager.ir import DType, TensorType
from packager.ops import _fixed_point as fixed
from packager.ops._contract import Array, Call, present
from packager.ops._requantize import Rule, activation_of, clamp, clamp_float, clampable, requantize

TYPES = frozenset({DType.FLOAT32, DType.INT8, DType.UINT8, DType.INT16})
_EXACT32 = 1 << 24
_INT32, _INT64 = 2, 4
"""Types of a bias, as the schema numbers them."""
_WHOLE32 = 16
"""Bits of weights that float32 holds exactly, less their zero point as well."""


def centred(x: Array, type_: TensorType, like: npt.DTypeLike) -> Array:
    """Elements less their zero point, as floats."""
    value: Array = x.astype(like)
    if not type_.dtype.is_float and type_.quant is not None and any(type_.quant.zero_point):
        value -= type_.zero_point
    return value


def operands(call: Call, inputs: Sequence[Array | None], channel_axis: int) -> tuple[Array, Array]:
    """Return activations and weights as floats in which every accumulator is exact; float32 for a float model."""
    x, w = present(inputs[0]), present(inputs[1])
    first, second = call.input(0), call.input(1)
    if first.dtype.is_float:
        return x, w
    span = 1 << first.dtype.bits
    weights = centred(w, second, np.float32 if second.dtype.bits <= _WHOLE32 else np.float64)
    others = tuple(axis for axis in range(w.ndim) if axis != channel_axis)
    reach = float(np.abs(weights).sum(axis=others, dtype=np.float64).max(initial=0)) * span
    like = np.float32 if reach < _EXACT32 else np.float64
    return centred(x, first, like), weights.astype(like, copy=False)


def finish(call: Call, accumulator: Array, bias: Array | None, rule: Rule) -> Array:
    """Add the bias, requantize by `rule`, clamp to the fused activation; ``[..., channels]``."""
    output, activation = call.output, activation_of(call.attrs)
    if call.input(0).dtype.is_float:
        total = accumulator if bias is None else accumulator + bias
        return clamp_float(total.astype(np.float32, copy=False), activation)
    exact: npt.NDArray[np.int64] = accumulator.astype(np.int64)
    if bias is not None:
        exact += bias.astype(np.int64)
    if not is_wide(call):
        exact = fixed.wrap32(exact)
    q = requantize(exact, call.input(0), call.input(1), output, rule=rule)
    return clamp(q, output, activation, call.arithmetic)


def is_wide(call: Call) -> bool:
    """Whether accumulators have 64 bits: 16-bit activations, unless the bias is int32.

    Without a bias FULLY_CONNECTED has an option that says it; where that is not set, LiteRT's reference kernel takes
    64 bits and its optimized one 32.
    """
    if call.input(0).dtype is not DType.INT16:
        return False
    bias = call.inputs[2] if len(call.inputs) > 2 else None
    if bias is not None:
        return bias.dtype is DType.INT64
    said = call.attrs.get("quantized_bias_type", _INT64)
    return said == _INT64 or (said != _INT32 and call.arithmetic != "xnnpack")


def objection(call: Call) -> str:
    """What the kernels of LiteRT do not take either."""
    x, w = call.input(0), call.input(1)
    if not clampable(activation_of(call.attrs)):
        return "its fused activation is no clamp"
    if x.dtype.is_float != w.dtype.is_float or w.dtype.bits not in (8, 32):
        return f"{x.dtype} activations with {w.dtype} weights are not computed"
    return ""
