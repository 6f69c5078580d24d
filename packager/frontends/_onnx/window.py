"""Sliding windows: ONNX gives paddings as numbers, TFLite only as SAME or VALID."""

import dataclasses
from typing import Any

import numpy as np

from packager.frontends._onnx.graph import OnnxNode, Shape, UnloweredError
from packager.frontends._onnx.lowering import Lowering
from packager.frontends._onnx.value import LAST, Value
from packager.ir import MirrorMode, Padding


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Window:
    """A window over the spatial axes of a channels-last tensor."""

    kernel: Shape
    strides: Shape
    dilations: Shape
    before: Shape
    after: Shape
    """Padding ahead of and behind each axis, as far as it is used."""
    same: bool
    """Whether TFLite's SAME is this padding."""

    @property
    def padded(self) -> bool:
        return any(self.before) or any(self.after)

    def options(self, padding: Padding) -> dict[str, Any]:
        return {"padding": int(padding), "stride_h": self.strides[0], "stride_w": self.strides[1]}


def window_of(node: OnnxNode, kernel: Shape, size: Shape, out: Shape) -> Window:
    """Read a window's attributes; `size` and `out` are the spatial sizes it slides over and gives.

    A window over one axis becomes one over two, the first of size 1: `as_image` does the same to the tensor.
    """
    rank = len(kernel)
    if rank not in (1, 2):
        raise UnloweredError(f"{rank} spatial axes")
    strides, dilations = node.ints("strides", (1,) * rank), node.ints("dilations", (1,) * rank)
    needed = tuple(
        max((o - 1) * s + (k - 1) * d + 1 - n, 0)
        for o, s, k, d, n in zip(out, strides, kernel, dilations, size, strict=True)
    )
    before = _before(node, needed)
    # Padding that no window reaches is dropped; what ceil_mode reaches beyond the padding is added.
    after = tuple(max(n - b, 0) for n, b in zip(needed, before, strict=True))
    same = all(o == -(-n // s) for o, n, s in zip(out, size, strides, strict=True))
    lift = (1,) * (2 - rank)
    return Window(
        kernel=lift + kernel,
        strides=lift + strides,
        dilations=lift + dilations,
        before=(0,) * (2 - rank) + before,
        after=(0,) * (2 - rank) + after,
        same=same and before == tuple(n // 2 for n in needed),
    )


def _before(node: OnnxNode, needed: Shape) -> Shape:
    auto = node.text("auto_pad", "NOTSET")
    if auto == "VALID":
        return (0,) * len(needed)
    if auto == "SAME_UPPER":
        return tuple(n // 2 for n in needed)
    if auto == "SAME_LOWER":
        return tuple(n - n // 2 for n in needed)
    before = node.ints("pads", (0,) * (2 * len(needed)))[: len(needed)]
    if min(before) < 0:
        raise UnloweredError("negative padding")
    return before


def as_image(to: Lowering, value: Value) -> Value:
    """Return a value ``[N, C, W]`` or ``[N, C, H, W]`` as ``[N, C, H, W]``, stored channels last."""
    value = to.channels_last(value)
    if value.rank == 4:
        return value
    if value.rank != 3:
        raise UnloweredError(f"rank {value.rank}")
    batch, channels, width = value.shape
    tensor = to.reshape(value.tensor, (batch, 1, width, channels))
    return Value(tensor=tensor, shape=(batch, channels, 1, width), layout=LAST, non_negative=value.non_negative)


def emit_image(
    to: Lowering, op: str, inputs: list[int], name: str, *, non_negative: bool = False, **options: Any
) -> None:
    """Add an operator over an image; its output takes the rank that the ONNX tensor `name` has."""
    shape = to.graph.shape(name)
    if len(shape) == 4:
        to.emit(op, inputs, name, LAST, non_negative=non_negative, **options)
        return
    batch, channels, width = shape
    image = to.builder.op(op, inputs, (batch, 1, width, channels), **options)
    tensor = to.reshape(image, (batch, width, channels), name)
    to.set(name, Value(tensor=tensor, shape=shape, layout=LAST, non_negative=non_negative))


def padded(to: Lowering, value: Value, window: Window) -> int:
    """Return the tensor with zeros around it, as the window wants them; `value` is stored channels last."""
    sizes = [n + b + a for n, b, a in zip(value.shape[2:], window.before, window.after, strict=True)]
    shape = (value.shape[0], *sizes, value.shape[1])
    return to.builder.op("PAD", [value.tensor, _amounts(to, window)], shape, options="PadOptions")


def mirrored(to: Lowering, value: Value, window: Window) -> int:
    """Return the tensor with its own edge mirrored around it: no window of a maximum notices.

    A padding of minus infinity, which ONNX means, would ruin the tensor's quantization.
    """
    for b, a, k, n in zip(window.before, window.after, window.kernel, value.shape[2:], strict=True):
        if max(2 * b, 2 * a) > k or max(b, a) > n:
            raise UnloweredError("padding wider than half the window")
    if any(d != 1 for d in window.dilations):
        raise UnloweredError("dilated and padded")
    sizes = [n + b + a for n, b, a in zip(value.shape[2:], window.before, window.after, strict=True)]
    mode = int(MirrorMode.SYMMETRIC)
    return to.builder.op(
        "MIRROR_PAD",
        [value.tensor, _amounts(to, window)],
        (value.shape[0], *sizes, value.shape[1]),
        options="MirrorPadOptions",
        mode=mode,
    )


def _amounts(to: Lowering, window: Window) -> int:
    return to.const(np.asarray([(0, 0), *zip(window.before, window.after, strict=True), (0, 0)], np.int32))
