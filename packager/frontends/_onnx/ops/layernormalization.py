from packager.frontends._onnx.graph import OnnxNode, UnloweredError, as_float
from packager.frontends._onnx.lowering import Lowering
from packager.frontends._onnx.ops._normalize import normalized
from packager.frontends._onnx.value import PLAIN


def lower(to: Lowering, node: OnnxNode) -> None:
    """Lower a normalization over the last axes, with its scale and shift."""
    if any(node.outputs[1:]):
        raise UnloweredError("its mean or deviation is used")
    x, name = to.plain(to.value(node.inputs[0])), node.outputs[0]
    axes = tuple(range(int(node.attrs.get("axis", -1)) % x.rank, x.rank))
    y = normalized(to, x.tensor, x.stored, axes, float(node.attrs.get("epsilon", 1e-5)))
    gain = to.const(as_float(to.constant(node.inputs[1])), f"{name}/scale")
    bias = to.optional(node, 2)
    if bias is None:
        to.emit("MUL", [y, gain], name, PLAIN, options="MulOptions")
        return
    scaled = to.builder.op("MUL", [y, gain], x.stored, options="MulOptions")
    to.emit("ADD", [scaled, to.const(as_float(bias), f"{name}/shift")], name, PLAIN, options="AddOptions")
