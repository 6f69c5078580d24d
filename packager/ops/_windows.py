"""Sliding windows over NHWC arrays: TFLite's padding rule, and views that copy nothing."""

import dataclasses

import numpy as np

from packager.ir import Padding
from packager.ops._contract import Array, Call


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Axis:
    """A window's course along one spatial dimension."""

    size: int
    stride: int
    dilation: int
    steps: int
    before: int
    after: int


def axis_of(length: int, size: int, stride: int, dilation: int, padding: int) -> Axis:
    """Place a window of `size` taps on a dimension of `length`; an odd pad gets its extra element at the end."""
    reach = (size - 1) * dilation + 1
    if padding == Padding.SAME:
        steps = -(-length // stride)
        total = max((steps - 1) * stride + reach - length, 0)
    else:
        steps, total = (length - reach) // stride + 1, 0
    return Axis(size=size, stride=stride, dilation=dilation, steps=steps, before=total // 2, after=total - total // 2)


def axes_of(call: Call, shape: tuple[int, ...], height: int, width: int) -> tuple[Axis, Axis]:
    """The window's course over an input of `shape` ``[n, h, w, c]``, from the operator's options."""
    attrs = call.attrs
    padding = attrs["padding"]
    return (
        axis_of(shape[1], height, attrs["stride_h"], attrs.get("dilation_h_factor", 1) or 1, padding),
        axis_of(shape[2], width, attrs["stride_w"], attrs.get("dilation_w_factor", 1) or 1, padding),
    )


def windows(x: Array, rows: Axis, columns: Axis, fill: float = 0) -> Array:
    """Return a read-only view ``[n, out_h, out_w, c, kernel_h, kernel_w]`` over `x` padded with `fill`."""
    edges = ((0, 0), (rows.before, rows.after), (columns.before, columns.after), (0, 0))
    padded = np.pad(x, edges, constant_values=fill) if any(map(any, edges)) else x
    reach = ((rows.size - 1) * rows.dilation + 1, (columns.size - 1) * columns.dilation + 1)
    view: Array = np.lib.stride_tricks.sliding_window_view(padded, reach, axis=(1, 2))
    view = view[:, :: rows.stride, :: columns.stride, :, :: rows.dilation, :: columns.dilation]
    return view[:, : rows.steps, : columns.steps]


def counts(axis: Axis, length: int) -> Array:
    """How many taps of the window lie inside the input at each step, ``[steps]``."""
    first = np.arange(axis.steps) * axis.stride - axis.before
    last = np.minimum(first + axis.size, length)
    return last - np.maximum(first, 0)
