from packager.emit.onnx.emission import Emission
from packager.emit.onnx.forms._contract import Form
from packager.emit.onnx.forms._parameters import constant, integers
from packager.emit.onnx.forms._split import split
from packager.ir import Node


def emit(e: Emission, node: Node) -> None:
    split(e, node, node.inputs[1], integers(e, node.inputs[0])[0])


FORM = Form(emit=emit, problems=constant(0))
