from packager.emit.onnx.emission import Emission
from packager.emit.onnx.forms._contract import Form
from packager.emit.onnx.forms._parameters import constant, integers
from packager.emit.onnx.forms._slice import cut
from packager.ir import Node


def emit(e: Emission, node: Node) -> None:
    begins, out = integers(e, node.inputs[1]), e.dims(node.outputs[0])
    cut(e, node, [slice(begin, begin + size, 1) for begin, size in zip(begins, out, strict=True)])


FORM = Form(emit=emit, problems=constant(1, 2))
