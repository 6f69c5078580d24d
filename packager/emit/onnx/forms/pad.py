from packager.emit.onnx.emission import Emission
from packager.emit.onnx.forms._contract import Form
from packager.emit.onnx.forms._pad import pad
from packager.emit.onnx.forms._parameters import constant
from packager.ir import Node


def emit(e: Emission, node: Node) -> None:
    """Pad with zeros, unless the convolutions that follow do it."""
    if node.outputs[0] not in e.folded:
        pad(e, node, "constant", list)


FORM = Form(emit=emit, problems=constant(1))
