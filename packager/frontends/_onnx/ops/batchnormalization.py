import numpy as np

from packager.frontends._onnx.graph import OnnxNode, UnloweredError, as_float
from packager.frontends._onnx.lowering import Lowering
from packager.frontends._onnx.value import PLAIN

SPATIAL = True


def lower(to: Lowering, node: OnnxNode) -> None:
    """Lower a normalization that no convolution ahead of it could take: ``x * scale + shift`` by channel."""
    if node.attrs.get("training_mode", 0):
        raise UnloweredError("in training mode")
    x, name = to.value(node.inputs[0]), node.outputs[0]
    x = to.channels_last(x) if x.rank > 2 else to.plain(x)
    gain, offset, mean, variance = (as_float(to.constant(i)) for i in node.inputs[1:5])
    scale = gain / np.sqrt(variance + np.float32(node.attrs.get("epsilon", 1e-5)))
    layout = x.layout if x.rank > 2 else PLAIN
    scaled = to.builder.op("MUL", [x.tensor, to.const(scale, f"{name}/scale")], x.stored, options="MulOptions")
    to.emit("ADD", [scaled, to.const(offset - mean * scale, f"{name}/shift")], name, layout, options="AddOptions")
