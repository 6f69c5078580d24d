from packager.emit.onnx.emission import Emission
from packager.emit.onnx.forms._contract import Form
from packager.ir import Node


def emit(e: Emission, node: Node) -> None:
    out = node.outputs[0]
    layout = e.layout_of(*node.inputs)
    values = [e.read(tensor, layout) for tensor in node.inputs]
    value = e.node("Concat", values, axis=e.axis(out, node.attrs["axis"], layout))
    e.write(out, e.activate(value, node.attrs["fused_activation_function"]), layout)


FORM = Form(emit=emit)
