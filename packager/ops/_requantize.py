"""From accumulators to the output's integers: scale, round, add the zero point, clamp."""

import enum
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from packager.ir import Activation, TensorType
from packager.ops import _fixed_point as fixed
from packager.ops._contract import Array


class Rule(enum.Enum):
    """How an accumulator is scaled to the output; `docs/numbers.md` says which kernel follows which."""

    TWICE = "fixed point, rounded twice, the second time with ties away from zero"
    UPWARDS = "fixed point, rounded twice, both times with ties upwards"
    WIDE = "fixed point of 15 bits, rounded once, ties upwards"
    DOUBLE = "double, rounded once, ties away from zero"
    FAST17 = "fixed point of 17 bits, rounded once, ties upwards"
    FLOAT32 = "float32, rounded once, ties to even"


_FIXED = {
    Rule.TWICE: fixed.multiply,
    Rule.UPWARDS: fixed.multiply_upwards,
    Rule.WIDE: fixed.multiply_wide,
    Rule.FAST17: fixed.multiply_fast17,
}
_BOUNDS: dict[int, tuple[float | None, float | None]] = {
    Activation.NONE: (None, None),
    Activation.RELU: (0.0, None),
    Activation.RELU_N1_TO_1: (-1.0, 1.0),
    Activation.RELU6: (0.0, 6.0),
}


def activation_of(attrs: Mapping[str, Any]) -> int:
    """The fused activation in an operator's options, 0 where it has none."""
    return int(attrs.get("fused_activation_function") or 0)


def ends(type_: TensorType) -> tuple[int, int]:
    """The smallest and largest integer of a type."""
    assert type_.dtype.is_integer, type_
    unsigned = type_.dtype.value.startswith("u")
    bits = type_.dtype.bits
    return (0, (1 << bits) - 1) if unsigned else (-(1 << (bits - 1)), (1 << (bits - 1)) - 1)


def clampable(activation: int) -> bool:
    """Whether a fused activation is a clamp; TANH and SIGN_BIT are not, and no kernel takes them fused."""
    return activation in _BOUNDS


def clamp_float(x: Array, activation: int) -> Array:
    low, high = _BOUNDS[activation]
    return x if low is None and high is None else np.clip(x, low, high)


def limits(output: TensorType, activation: int, arithmetic: str) -> tuple[int, int]:
    """The smallest and largest integer that the fused activation lets through.

    The reference kernels divide in float32 and round ties away from zero; XNNPACK adds the zero point first and rounds
    to even.
    """
    least, most = ends(output)
    low, high = (None if b is None else _quantize_bound(b, output, arithmetic) for b in _BOUNDS[activation])
    return least if low is None else max(least, low), most if high is None else min(most, high)


def _quantize_bound(bound: float, output: TensorType, arithmetic: str) -> int:
    scaled = np.float32(bound) / np.float32(output.scale)
    if arithmetic == "xnnpack":
        return int(np.rint(scaled + np.float32(output.zero_point)))
    return int(fixed.half_away(scaled)) + output.zero_point


def clamp(q: Array, output: TensorType, activation: int, arithmetic: str) -> Array:
    """Clamp to the fused activation and give the elements the output's type."""
    low, high = limits(output, activation, arithmetic)
    clamped: Array = np.clip(q, low, high).astype(output.dtype.numpy)
    return clamped


def float32_scale(accumulator: Array, scale: npt.ArrayLike) -> Array:
    """``rint(float32(accumulator) * float32 scale)``, ties to even: XNNPACK's requantization."""
    scaled = np.asarray(accumulator.astype(np.float32) * np.asarray(scale, np.float32))
    rounded: Array = np.rint(scaled, out=scaled)
    return rounded


def product_scale(x: TensorType, weights: TensorType, output: TensorType) -> npt.NDArray[np.float64]:
    """Real multiplier per output channel, in double as the reference kernels compute it."""
    assert weights.quant is not None
    return np.float64(x.scale) * weights.quant.scales().astype(np.float64) / np.float64(output.scale)


def product_scale32(x: TensorType, weights: TensorType, output: TensorType) -> npt.NDArray[np.float32]:
    """The same in float32, step by step as XNNPACK computes it."""
    assert weights.quant is not None
    scale: npt.NDArray[np.float32] = np.float32(x.scale) * weights.quant.scales() / np.float32(output.scale)
    return scale


def requantize(
    accumulator: npt.NDArray[np.int64],
    x: TensorType,
    weights: TensorType,
    output: TensorType,
    *,
    rule: Rule,
) -> Array:
    """Convolution accumulators ``[..., channels]`` to integers of the output's scale, zero point added, not clamped."""
    if rule is Rule.FLOAT32:
        return float32_scale(accumulator, product_scale32(x, weights, output)) + np.float32(output.zero_point)
    scale = product_scale(x, weights, output)
    if rule is Rule.DOUBLE:
        return fixed.half_away(accumulator * scale) + output.zero_point
    mantissa, shift = fixed.quantize_multiplier(scale)
    return _FIXED[rule](accumulator, mantissa, shift) + output.zero_point
