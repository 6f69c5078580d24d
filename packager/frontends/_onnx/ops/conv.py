import numpy as np

from packager.frontends._onnx.graph import OnnxNode, as_float
from packager.frontends._onnx.lowering import Lowering
from packager.frontends._onnx.window import as_image, emit_image, padded, window_of
from packager.ir import Padding

SPATIAL = True


def lower(to: Lowering, node: OnnxNode) -> None:
    """Lower to CONV_2D, or DEPTHWISE_CONV_2D where each group has one input channel.

    ONNX's weights are ``[out, in / groups, H, W]``; TFLite's ``[out, H, W, in]`` and, depthwise, ``[1, H, W, out]``.
    """
    weights, bias = as_float(to.constant(node.inputs[1])), to.optional(node, 2)
    size, out = to.graph.shape(node.inputs[0])[2:], to.graph.shape(node.outputs[0])[2:]
    groups = int(node.attrs.get("group", 1))
    depthwise = groups > 1 and weights.shape[1] == 1
    window = window_of(node, weights.shape[2:], size, out)
    if weights.ndim == 3:
        weights = weights[:, :, None, :]
    x = as_image(to, to.value(node.inputs[0]))
    given = x.tensor if window.same or not window.padded else padded(to, x, window)
    kernel = weights.transpose(1, 2, 3, 0) if depthwise else weights.transpose(0, 2, 3, 1)
    shift = np.zeros(len(weights), np.float32) if bias is None else as_float(bias)
    name = node.outputs[0]
    options = window.options(Padding.SAME if window.same else Padding.VALID)
    options |= {"dilation_h_factor": window.dilations[0], "dilation_w_factor": window.dilations[1]}
    if depthwise:
        options["depth_multiplier"] = len(weights) // groups
    elif groups > 1:
        options["version"] = 6  # the first whose filters may be shallower than the input
    emit_image(
        to,
        "DEPTHWISE_CONV_2D" if depthwise else "CONV_2D",
        [given, to.const(kernel, f"{name}/weights"), to.const(shift, f"{name}/bias")],
        name,
        options="DepthwiseConv2DOptions" if depthwise else "Conv2DOptions",
        **options,
    )
