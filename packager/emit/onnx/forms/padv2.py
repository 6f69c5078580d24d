from packager.emit.onnx.emission import Emission
from packager.emit.onnx.forms._contract import Form
from packager.emit.onnx.forms._pad import pad
from packager.emit.onnx.forms._parameters import constant
from packager.ir import Node


def emit(e: Emission, node: Node) -> None:
    pad(e, node, "constant", lambda: [e.constant_of(node.inputs[2], e.data(node.inputs[2]).reshape(()))])


FORM = Form(emit=emit, problems=constant(1, 2))
