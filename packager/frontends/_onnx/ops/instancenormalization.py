from packager.frontends._onnx.graph import OnnxNode, as_float
from packager.frontends._onnx.lowering import Lowering
from packager.frontends._onnx.ops._normalize import normalized
from packager.frontends._onnx.value import LAST

SPATIAL = True


def lower(to: Lowering, node: OnnxNode) -> None:
    """Lower a normalization of each channel over its own image, with its scale and shift."""
    x, name = to.channels_last(to.value(node.inputs[0])), node.outputs[0]
    axes = tuple(range(1, x.rank - 1))
    y = normalized(to, x.tensor, x.stored, axes, float(node.attrs.get("epsilon", 1e-5)))
    gain, bias = (to.const(as_float(to.constant(i)), f"{name}/{i}") for i in node.inputs[1:3])
    scaled = to.builder.op("MUL", [y, gain], x.stored, options="MulOptions")
    to.emit("ADD", [scaled, bias], name, LAST, options="AddOptions")
