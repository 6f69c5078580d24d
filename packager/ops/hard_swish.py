"""HARD_SWISH: ``x * clamp(x + 3, 0, 6) / 6``."""

from collections.abc import Sequence

import numpy as np

from packager.ir import DType
from packager.ops import _fixed_point as fixed
from packager.ops._contract import Array, Call, OpDef, present
from packager.ops._elementwise import centred, saturated
from packager.ops._fixed_point import Int

_FINER = 7
"""Bits that the input gains before 16-bit arithmetic."""


def reference(call: Call, inputs: Sequence[Array | None]) -> tuple[Array, ...]:
    """XNNPACK takes it in float only, so integers are LiteRT's own 16-bit kernel in both arithmetics."""
    x, first, output = present(inputs[0]), call.input(0), call.output
    if first.dtype.is_float:
        return (x * np.clip(x + np.float32(3), 0, 6) * np.float32(1 / 6),)
    fine = centred(x, first) << _FINER
    fine_scale = np.float32(1 / 128) * np.float32(first.scale)
    mantissa, shift = _multiplier(fine_scale / np.float32(output.scale))
    gate = _gate(fine, fine_scale / np.float32(3.0 / 32768.0))
    product = gate * _high_mul16(fine, mantissa)
    truncated = np.sign(product) * (np.abs(product) >> 15)
    return (saturated(fixed.divide_by_power_of_two(truncated, -shift) + output.zero_point, output),)


def _gate(fine: Int, multiplier: np.float32) -> Int:
    """``clamp(x + 3, 0, 6) / 6`` in Q15: the input scaled to [-1, 1] of [-3, 3], saturating, then halved."""
    mantissa, shift = _multiplier(multiplier)
    value = fine
    if shift > 0:
        value = _saturate16(value << (shift - 1))
    value = _high_mul16(value, mantissa)
    value = _saturate16(value << 1) if shift > 0 else fixed.divide_by_power_of_two(value, -shift)
    return (value + (1 << 15)) >> 1


def _multiplier(real: np.float32) -> tuple[int, int]:
    """A 15-bit mantissa and a shift."""
    mantissa, shift = fixed.quantize_multiplier(np.float64(real))
    whole = int(mantissa)
    return (32767 if whole >= (1 << 31) - 1 - (1 << 15) else (whole + (1 << 15)) >> 16), int(shift)


def _high_mul16(a: Int, b: int) -> Int:
    """``round(a * b / 2^15)``, ties away from zero for positive products and towards it for negative ones."""
    product: Int = a * b
    nudged = product + np.where(product >= 0, 1 << 14, 1 - (1 << 14))
    high: Int = np.sign(nudged) * (np.abs(nudged) >> 15)
    return high


def _saturate16(x: Int) -> Int:
    return np.clip(x, -32768, 32767)


OP = OpDef(name="HARD_SWISH", reference=reference, types=frozenset({DType.FLOAT32, DType.INT8, DType.UINT8}), stacked=1)
