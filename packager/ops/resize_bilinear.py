"""RESIZE_BILINEAR: linear interpolation between the four nearest pixels."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from packager.ir import DType
from packager.ops._contract import Array, Call, OpDef, present
from packager.ops._elementwise import is_xnnpack


class Taps(NamedTuple):
    """Along one dimension: the two source pixels of each output pixel, and the weight of the second."""

    low: Array
    high: Array
    weight: Array


def reference(call: Call, inputs: Sequence[Array | None]) -> tuple[Array, ...]:
    x = present(inputs[0])
    lengths = tuple(zip(x.shape[1:3], call.output.dims[1:3], strict=True))
    if call.input(0).dtype.is_float:
        rows, columns = (_real(call, *length) for length in lengths)
        return (_blend(x, rows, columns, np.float32(1)),)
    rows, columns = integer_taps(call)
    if is_xnnpack(call):
        value = _blend(x.astype(np.int64), rows, columns, np.int64(1 << 11))
        return (((value + (1 << 21)) >> 22).astype(x.dtype),)
    value = _blend(x.astype(np.int64), rows, columns, np.int64(1 << 10))
    return ((np.sign(value) * ((np.abs(value) + (1 << 19)) >> 20)).astype(x.dtype),)


def integer_taps(call: Call) -> tuple[Taps, Taps]:
    """Rows and columns with integer weights: of 11 bits in XNNPACK, of 10 in LiteRT's own kernel."""
    (height, wanted_h), (width, wanted_w) = zip(call.input(0).dims[1:3], call.output.dims[1:3], strict=True)
    if is_xnnpack(call):
        return _rounded(_real(call, height, wanted_h)), _rounded(_real(call, width, wanted_w))
    return _fixed(call, height, wanted_h), _fixed(call, width, wanted_w)


def _blend(x: Array, rows: Taps, columns: Taps, one: np.generic) -> Array:
    down, across = rows.weight[:, None, None], columns.weight[:, None]
    top, bottom = x[:, rows.low], x[:, rows.high]
    upper = top[:, :, columns.low] * (one - across) + top[:, :, columns.high] * across
    lower = bottom[:, :, columns.low] * (one - across) + bottom[:, :, columns.high] * across
    blended: Array = upper * (one - down) + lower * down
    return blended


def _real(call: Call, size: int, wanted: int) -> Taps:
    """Positions in float32."""
    aligned = call.attrs["align_corners"] and wanted > 1
    scale = np.float32(size - 1) / np.float32(wanted - 1) if aligned else np.float32(size) / np.float32(wanted)
    at = np.arange(wanted, dtype=np.float32) * scale
    if call.attrs["half_pixel_centers"]:
        at = at + (np.float32(0.5) * scale - np.float32(0.5))
    at = np.clip(at, 0, size - 1).astype(np.float32)
    low = np.floor(at).astype(np.int64)
    return Taps(low, np.minimum(low + 1, size - 1), at - low.astype(np.float32))


def _rounded(taps: Taps) -> Taps:
    """Weights of 11 bits, as XNNPACK packs them."""
    return taps._replace(weight=np.rint(taps.weight * np.float32(2048)).astype(np.int64))


def _fixed(call: Call, size: int, wanted: int) -> Taps:
    """Positions in 10 fractional bits, as LiteRT's integer kernel computes them."""
    aligned = call.attrs["align_corners"] and wanted > 1
    inner, outer = (size - 1, wanted - 1) if aligned else (size, wanted)
    scale = ((1 << 10) * inner + outer // 2) // outer
    at = np.arange(wanted) * scale
    if call.attrs["half_pixel_centers"]:
        at = at + scale // 2 - (1 << 9)
    truncated = np.sign(at) * (np.abs(at) >> 10)
    low = np.maximum(truncated, 0)
    up = at + (1 << 10) - 1
    high = np.minimum(np.sign(up) * (np.abs(up) >> 10), size - 1)
    return Taps(low, high, at - (low << 10))


OP = OpDef(
    name="RESIZE_BILINEAR",
    reference=reference,
    types=frozenset({DType.FLOAT32, DType.INT8, DType.INT16}),
    stacked=1,
)
