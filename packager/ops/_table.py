"""Quantized functions of one variable by table: 256 entries for 8 bits, 513 points and interpolation for 16.

Each entry is computed in the precision that LiteRT computes it in: the C library's float32 functions are correctly
rounded in all but a few of 2^32 arguments, so a double rounded to float32 stands for them.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from packager.ops import _fixed_point as fixed
from packager.ops._contract import Array, Call
from packager.ops._fixed_point import Int
from packager.ops._requantize import ends

Real = npt.NDArray[np.float64]
Function = Callable[[Real], Real]
_STEPS = 512


def look_up(call: Call, x: Array, function: Function, *, arithmetic: str) -> Array:
    """Apply a real function to 8-bit integers; `arithmetic` is that of the kernel which computes the table."""
    first, output = call.input(0), call.output
    low, high = ends(first)
    every = np.arange(low, high + 1)
    real = np.float32(first.scale) * (every - first.zero_point).astype(np.float32)
    values = function(real.astype(np.float64)).astype(np.float32)
    scaled = values * (np.float32(1) / np.float32(output.scale))
    if arithmetic == "xnnpack":
        q = np.rint(scaled + np.float32(output.zero_point))
    else:
        q = fixed.half_away(scaled) + output.zero_point
    table: Array = np.clip(q, *ends(output)).astype(output.dtype.numpy)
    return table[x.astype(np.int64) - low]


def points(function: Function, low: float, high: float) -> Int:
    """Return 513 points of a function with values in [-1, 1], in Q15, each shifted by half its segment's error."""
    span = 65536.0 / (65535.0 * (2.0 / 65535.0))
    step = (high - low) / _STEPS
    at: Real = low + np.arange(_STEPS + 1, dtype=np.float64) * np.float64(step)
    values = function(at) * span
    middle = fixed.half_away(function(at[:-1] + step / 2) * span)
    sample = fixed.half_away(values)
    interpolated = fixed.half_away((values[1:] + sample[:-1]) / 2)
    bias = fixed.half_away((interpolated - middle) / 2)
    table: Int = np.clip(np.append(sample[:-1] - bias, sample[-1]), -32768, 32767)
    return table


def interpolate(x: Int, table: Int) -> Int:
    """Look 16-bit values up between the table's points."""
    index = 256 + (x >> 7)
    base = table[index]
    value: Int = base + (((table[index + 1] - base) * (x & 0x7F) + 64) >> 7)
    return value
