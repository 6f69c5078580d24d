from packager.frontends._onnx.graph import OnnxNode, UnloweredError
from packager.frontends._onnx.lowering import Lowering

FOLLOWS = True


def lower(to: Lowering, node: OnnxNode) -> None:
    if float(node.attrs.get("alpha", 1.0)) != 1.0:
        raise UnloweredError("an alpha other than 1")
    x = to.value(node.inputs[0])
    to.emit("ELU", [x.tensor], node.outputs[0], x.layout)
