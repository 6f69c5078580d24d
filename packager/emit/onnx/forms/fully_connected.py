import math

from packager.emit.onnx.emission import Emission
from packager.emit.onnx.forms._contract import Form
from packager.emit.onnx.forms._convolution import constant_weights
from packager.emit.onnx.layout import Layout
from packager.ir import ABSENT, Node


def emit(e: Emission, node: Node) -> None:
    data, weights, out = node.inputs[0], node.inputs[1], node.outputs[0]
    units, depth = e.dims(weights)
    rows = math.prod(e.dims(data)) // depth
    columns = e.columns.get(data)
    value = e.through_int8(0, data, e.flat(data, (rows, depth)), Layout.NATIVE)
    inputs = [value, e.weights(weights, (0, 1), 0, columns=columns)]
    if len(node.inputs) > 2 and node.inputs[2] != ABSENT:
        inputs.append(e.read(node.inputs[2]))
    result = e.activate(e.node("Gemm", inputs, transB=1), node.attrs["fused_activation_function"])
    e.write(out, result if e.dims(out) == (rows, units) else e.reshape(result, e.dims(out)))


FORM = Form(emit=emit, problems=constant_weights(bias=2), quantized=(0,))
