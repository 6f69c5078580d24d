from packager.emit.onnx.emission import Emission
from packager.emit.onnx.forms._contract import Form
from packager.ir import Node

_EPSILON = 1e-6
"""Of TFLite: the least length that is divided by."""


def emit(e: Emission, node: Node) -> None:
    """Divide by the Euclidean length along the last axis; ONNX's own LpNormalization divides 0 by 0."""
    data = node.inputs[0]
    layout = e.layout_of(data)
    value = e.read(data, layout)
    axis = e.axis(data, -1, layout)
    length = e.reduce("ReduceL2", value, [axis])
    value = e.node("Div", [value, e.node("Max", [length, e.constant(_EPSILON, "epsilon")])])
    e.write(node.outputs[0], e.activate(value, node.attrs["fused_activation_function"] or 0), layout)


FORM = Form(emit=emit)
