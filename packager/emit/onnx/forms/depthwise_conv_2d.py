from packager.emit.onnx.emission import Emission
from packager.emit.onnx.forms._contract import Form
from packager.emit.onnx.forms._convolution import constant_weights, convolve
from packager.ir import Node


def emit(e: Emission, node: Node) -> None:
    convolve(e, node, (3, 0, 1, 2), e.dims(node.inputs[0])[3])


FORM = Form(emit=emit, problems=constant_weights(bias=2), quantized=(0,))
