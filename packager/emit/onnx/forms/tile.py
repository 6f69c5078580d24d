from packager.emit.onnx.emission import Emission
from packager.emit.onnx.forms._contract import Form
from packager.emit.onnx.forms._parameters import constant, integers
from packager.emit.onnx.layout import storage
from packager.ir import Node


def emit(e: Emission, node: Node) -> None:
    data = node.inputs[0]
    layout = e.layout_of(data)
    repeats = integers(e, node.inputs[1])
    stored = e.integers([repeats[axis] for axis in storage(layout, len(repeats))], "repeats")
    e.write(node.outputs[0], e.node("Tile", [e.read(data, layout), stored]), layout)


FORM = Form(emit=emit, problems=constant(1))
