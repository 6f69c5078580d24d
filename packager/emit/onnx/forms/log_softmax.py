from packager.emit.onnx.emission import Emission
from packager.emit.onnx.forms._contract import Form
from packager.ir import Node


def emit(e: Emission, node: Node) -> None:
    data = node.inputs[0]
    layout = e.layout_of(data)
    value = e.node("LogSoftmax", [e.read(data, layout)], axis=e.axis(data, -1, layout))
    e.write(node.outputs[0], value, layout)


FORM = Form(emit=emit)
