from packager.emit.onnx.emission import Emission
from packager.emit.onnx.forms._contract import Form
from packager.ir import Node


def emit(e: Emission, node: Node) -> None:
    data, beta = node.inputs[0], node.attrs["beta"]
    layout = e.layout_of(data)
    value = e.read(data, layout)
    if beta != 1:
        value = e.node("Mul", [value, e.constant(beta, "beta")])
    e.write(node.outputs[0], e.node("Softmax", [value], axis=e.axis(data, -1, layout)), layout)


FORM = Form(emit=emit)
