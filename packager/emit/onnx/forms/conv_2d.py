from packager.emit.onnx.emission import Emission
from packager.emit.onnx.forms._contract import Form
from packager.emit.onnx.forms._convolution import constant_weights, convolve
from packager.ir import Node


def emit(e: Emission, node: Node) -> None:
    groups = e.dims(node.inputs[0])[3] // e.dims(node.inputs[1])[3]
    convolve(e, node, (0, 3, 1, 2), groups)


FORM = Form(emit=emit, problems=constant_weights(bias=2), quantized=(0,))
