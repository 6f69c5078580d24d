"""Sum and difference of two quantized arrays of different scales."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from packager.ir import DType
from packager.ops import _fixed_point as fixed
from packager.ops._contract import Array, Call, present
from packager.ops._requantize import activation_of, clamp, clamp_float, clampable

TYPES = frozenset({DType.FLOAT32, DType.INT8, DType.UINT8, DType.INT16, DType.INT32})
XNNPACK_BITS = 20


def weighted_sum(call: Call, inputs: Sequence[Array | None], *, sign: int) -> Array:
    """``a + sign * b`` in the output's type, the fused activation applied."""
    a, b = present(inputs[0]), present(inputs[1])
    activation = activation_of(call.attrs)
    if not call.input(0).is_quantized:
        return clamp_float(a + b if sign > 0 else a - b, activation).astype(a.dtype, copy=False)
    rule = _xnnpack if call.arithmetic == "xnnpack" and is_taken(call) else _integer
    q = rule(call, a.astype(np.int64), b.astype(np.int64), sign)
    return clamp(q, call.output, activation, call.arithmetic)


def is_taken(call: Call) -> bool:
    """Whether XNNPACK computes it: 8 bits, and both inputs' scales in [2^-10, 2^8) of the output's."""
    if call.input(0).dtype is DType.INT16:
        return False
    return all(2.0**-10 <= ratio < 2.0**8 for ratio in ratios(call))


def ratios(call: Call) -> npt.NDArray[np.float32]:
    """Both inputs' scales over the output's, in float32."""
    scales = np.asarray([call.input(0).scale, call.input(1).scale], np.float32)
    found: npt.NDArray[np.float32] = scales / np.float32(call.output.scale)
    return found


def _integer(call: Call, a: Array, b: Array, sign: int) -> npt.NDArray[np.int64]:
    """Both inputs scaled to twice the larger scale with 20 (or 15) bits to spare, added, scaled to the output."""
    first, second, output = call.input(0), call.input(1), call.output
    spare = 15 if first.dtype is DType.INT16 else 20
    twice = 2.0 * max(first.scale, second.scale)
    total: npt.NDArray[np.int64] = np.zeros((), np.int64)
    for value, type_, weight in ((a, first, 1), (b, second, sign)):
        mantissa, shift = fixed.quantize_multiplier(type_.scale / twice)
        total = total + weight * fixed.multiply((value - type_.zero_point) << spare, mantissa, shift)
    mantissa, shift = fixed.quantize_multiplier(twice / ((1 << spare) * output.scale))
    return fixed.multiply(total, mantissa, shift) + output.zero_point


def _xnnpack(call: Call, a: Array, b: Array, sign: int) -> npt.NDArray[np.int64]:
    """Both inputs times 21-bit integer weights, one shift, ties upwards."""
    first, second, output = call.input(0), call.input(1), call.output
    found = ratios(call)
    _, exponent = np.frexp(found.max())
    shift = XNNPACK_BITS - (int(exponent) - 1)
    weights = np.rint(np.ldexp(found, shift)).astype(np.int64)
    total = (a - first.zero_point) * weights[0] + sign * (b - second.zero_point) * weights[1]
    q: npt.NDArray[np.int64] = ((total + (1 << (shift - 1))) >> shift) + output.zero_point
    return q


def objection(call: Call) -> str:
    if not clampable(activation_of(call.attrs)):
        return "its fused activation is no clamp"
    if call.input(0).dtype is not call.input(1).dtype:
        return f"{call.input(0).dtype} and {call.input(1).dtype} do not mix"
    return ""
