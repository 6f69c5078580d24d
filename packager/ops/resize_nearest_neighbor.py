"""RESIZE_NEAREST_NEIGHBOR: the nearest pixel, by TFLite's rule in float32."""

from collections.abc import Sequence

import numpy as np

from packager.ir import DType
from packager.ops._contract import Array, Call, OpDef, present
from packager.ops._fixed_point import half_away


def reference(call: Call, inputs: Sequence[Array | None]) -> tuple[Array, ...]:
    x = present(inputs[0])
    _, height, width, _ = call.output.dims
    return (x[:, _nearest(call, x.shape[1], height)][:, :, _nearest(call, x.shape[2], width)],)


def _nearest(call: Call, size: int, wanted: int) -> Array:
    """The source index of each of `wanted` pixels along a dimension of `size`."""
    aligned, half = bool(call.attrs["align_corners"]), bool(call.attrs["half_pixel_centers"])
    scale = (
        np.float32(size - 1) / np.float32(wanted - 1)
        if aligned and wanted > 1
        else np.float32(size) / np.float32(wanted)
    )
    at = (np.arange(wanted, dtype=np.float32) + np.float32(0.5 if half else 0)) * scale
    index = half_away(at) if aligned else np.floor(at).astype(np.int64)
    return np.clip(index, 0, size - 1)


OP = OpDef(name="RESIZE_NEAREST_NEIGHBOR", reference=reference, kind="move", types=frozenset(DType), stacked=1)
