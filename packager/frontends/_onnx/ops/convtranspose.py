from typing import Any

import numpy as np

from packager.frontends._onnx.graph import OnnxNode, UnloweredError, as_float
from packager.frontends._onnx.lowering import Lowering
from packager.frontends._onnx.value import LAST
from packager.ir import Padding

SPATIAL = True


def lower(to: Lowering, node: OnnxNode) -> None:
    """Lower to TRANSPOSE_CONV without padding, cut to size where ONNX pads.

    ONNX's weights are ``[in, out, H, W]``, TFLite's ``[out, H, W, in]``.
    """
    weights, bias = as_float(to.constant(node.inputs[1])), to.optional(node, 2)
    if weights.ndim != 4 or int(node.attrs.get("group", 1)) != 1 or any(d != 1 for d in node.ints("dilations", (1, 1))):
        raise UnloweredError("grouped, dilated or not over two axes")
    if node.text("auto_pad", "NOTSET") not in ("NOTSET", "VALID"):
        raise UnloweredError("automatic padding")
    x, name = to.channels_last(to.value(node.inputs[0])), node.outputs[0]
    strides, start = node.ints("strides", (1, 1)), node.ints("pads", (0, 0, 0, 0))[:2]
    batch, channels, *out = to.graph.shape(name)
    full = [(n - 1) * s + k for n, s, k in zip(x.shape[2:], strides, weights.shape[2:], strict=True)]
    if any(p + o > f for p, o, f in zip(start, out, full, strict=True)):
        raise UnloweredError("output padding beyond the last window")
    shift = np.zeros(channels, np.float32) if bias is None else as_float(bias)
    inputs = [
        to.ints(batch, *full, channels),
        to.const(weights.transpose(1, 2, 3, 0), f"{name}/weights"),
        x.tensor,
        to.const(shift, f"{name}/bias"),
    ]
    options: dict[str, Any] = {"options": "TransposeConvOptions", "version": 3, "padding": int(Padding.VALID)}
    options |= {"stride_h": strides[0], "stride_w": strides[1]}
    if out == full:
        to.emit("TRANSPOSE_CONV", inputs, name, LAST, **options)
        return
    whole = to.builder.op("TRANSPOSE_CONV", inputs, (batch, *full, channels), **options)
    cut = [whole, to.ints(0, *start, 0), to.ints(batch, *out, channels)]
    to.emit("SLICE", cut, name, LAST, options="SliceOptions")
