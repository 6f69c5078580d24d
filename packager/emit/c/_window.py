"""The fields of `ep_window`."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from packager.emit.c._contract import Fields, Op
from packager.ops._windows import Axis, axes_of


def window_of(op: Op, height: int, width: int) -> Fields:
    """A window of `height` by `width` taps over the operator's first input."""
    n, in_h, in_w, in_c = op.input(0).dims
    rows, columns = axes_of(op.evaluation, op.input(0).dims, height, width)
    top, bottom = _inside(rows, in_h)
    left, right = _inside(columns, in_w)
    return {
        "batches": n,
        "input_h": in_h,
        "input_w": in_w,
        "input_c": in_c,
        "kernel_h": height,
        "kernel_w": width,
        "stride_h": rows.stride,
        "stride_w": columns.stride,
        "dilation_h": rows.dilation,
        "dilation_w": columns.dilation,
        "pad_h": rows.before,
        "pad_w": columns.before,
        "output_h": rows.steps,
        "output_w": columns.steps,
        "output_c": op.output.dims[3],
        "top": top,
        "bottom": bottom,
        "left": left,
        "right": right,
    }


def along_row(window: Fields) -> Fields:
    """The same window over one row instead of one column, where it is one; taps keep their order."""
    if window["input_w"] != 1 or window["kernel_w"] != 1:
        return window
    turned = dict(window)
    for name in ("input", "kernel", "stride", "dilation", "output"):
        turned[f"{name}_w"], turned[f"{name}_h"] = window[f"{name}_h"], 1
    turned["pad_w"], turned["pad_h"] = window["pad_h"], 0
    turned["left"], turned["right"], turned["top"], turned["bottom"] = window["top"], window["bottom"], 0, 1
    return turned


class Laid(NamedTuple):
    """How the kernels of a full convolution go over its input."""

    window: Fields
    rows: int
    """Of taps, that lie in one piece."""
    direct: bool
    """Whether they are read from the input as they lie."""
    patched: bool
    """Whether those of some pixels, or all, are gathered into patches first."""


def laid(op: Op, height: int, width: int, groups: int) -> Laid:
    window, rows = _flattened(dict(window_of(op, height, width)))
    direct = groups == 1 and (window["dilation_w"] == 1 or window["kernel_w"] == 1)
    return Laid(window, rows, direct, patched=not direct or not is_inside(window))


def _flattened(window: dict[str, Any]) -> tuple[Fields, int]:
    """Make long rows of short ones where memory allows it, and return the window and its rows of taps.

    All pixels of a pointwise convolution are one row; a convolution down a column is one along a row.
    """
    turned = dict(along_row(window))
    if turned != window:
        window = turned
    elif _is_pointwise(window):
        pixels = window["batches"] * window["input_h"] * window["input_w"]
        window |= {"batches": 1, "input_h": 1, "output_h": 1, "input_w": pixels, "output_w": pixels}
        window |= {"top": 0, "bottom": 1, "left": 0, "right": pixels}
    return window, window["kernel_h"]


def _is_pointwise(window: Mapping[str, Any]) -> bool:
    return all(window[f"{name}_{axis}"] == 1 for name in ("kernel", "stride") for axis in "hw")


def is_inside(window: Mapping[str, Any]) -> bool:
    whole = (0, window["output_h"], 0, window["output_w"])
    return (window["top"], window["bottom"], window["left"], window["right"]) == whole


def _inside(axis: Axis, length: int) -> tuple[int, int]:
    """The steps, from the first to before the last, at which every tap lies inside the input."""
    reach = (axis.size - 1) * axis.dilation
    first = min(-(-axis.before // axis.stride), axis.steps)
    last = (length - 1 - reach + axis.before) // axis.stride + 1
    return first, min(max(last, first), axis.steps)
