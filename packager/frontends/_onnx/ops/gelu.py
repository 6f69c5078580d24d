from packager.frontends._onnx.graph import OnnxNode
from packager.frontends._onnx.lowering import Lowering

FOLLOWS = True


def lower(to: Lowering, node: OnnxNode) -> None:
    x, rough = to.value(node.inputs[0]), node.text("approximate", "none") == "tanh"
    to.emit("GELU", [x.tensor], node.outputs[0], x.layout, options="GeluOptions", approximate=rough)
