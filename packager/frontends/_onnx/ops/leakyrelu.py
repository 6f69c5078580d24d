from packager.frontends._onnx.graph import OnnxNode
from packager.frontends._onnx.lowering import Lowering

FOLLOWS = True


def lower(to: Lowering, node: OnnxNode) -> None:
    x, alpha = to.value(node.inputs[0]), float(node.attrs.get("alpha", 0.01))
    to.emit("LEAKY_RELU", [x.tensor], node.outputs[0], x.layout, options="LeakyReluOptions", alpha=alpha)
