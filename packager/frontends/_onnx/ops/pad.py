import numpy as np

from packager.frontends._onnx.graph import OnnxNode, UnloweredError, as_float
from packager.frontends._onnx.lowering import Lowering
from packager.frontends._onnx.value import to_last
from packager.ir import MirrorMode

FOLLOWS = True


def lower(to: Lowering, node: OnnxNode) -> None:
    """Lower to PAD (zeros), PADV2 (another constant) or MIRROR_PAD (reflection)."""
    x, name, mode = to.value(node.inputs[0]), node.outputs[0], node.text("mode", "constant")
    x = to.plain(x) if x.layout.image else x
    amounts = _amounts(to, node, x.rank)
    if x.layout.channels_last:
        amounts = amounts[list(to_last(x.rank))]
    paddings = to.const(amounts.astype(np.int32))
    if mode == "reflect":
        reflect = {"options": "MirrorPadOptions", "mode": int(MirrorMode.REFLECT)}
        to.emit("MIRROR_PAD", [x.tensor, paddings], name, x.layout, non_negative=x.non_negative, **reflect)
        return
    if mode != "constant":
        raise UnloweredError(f"mode {mode!r}")
    fill = to.optional(node, 2)
    value = float(node.attrs.get("value", 0.0)) if fill is None else float(as_float(fill).reshape(-1)[0])
    keeps_sign = x.non_negative and value >= 0
    if value == 0:
        to.emit("PAD", [x.tensor, paddings], name, x.layout, non_negative=keeps_sign, options="PadOptions")
        return
    inputs = [x.tensor, paddings, to.scalar(value)]
    to.emit("PADV2", inputs, name, x.layout, non_negative=keeps_sign, options="PadV2Options")


def _amounts(to: Lowering, node: OnnxNode, rank: int) -> np.ndarray:
    """Return paddings ``[rank, 2]`` in ONNX's order: an attribute before opset 11, an input since; axes since 18."""
    given, axes = to.optional(node, 1), to.optional(node, 3)
    flat = np.asarray(node.ints("pads", ())) if given is None else given.reshape(-1)
    where = range(rank) if axes is None else [int(a) % rank for a in axes]
    amounts = np.zeros((rank, 2), np.int64)
    amounts[list(where)] = flat.reshape(2, -1).T
    if amounts.min() < 0:
        raise UnloweredError("negative padding")
    return amounts
