from packager.emit.onnx.emission import Emission
from packager.emit.onnx.forms._contract import Form
from packager.ir import Node


def emit(e: Emission, node: Node) -> None:
    data = node.inputs[0]
    axis = node.attrs["axis"] % len(e.dims(data))
    inputs = [e.read(data), e.integers([1] * len(node.outputs), "sizes")]
    values = e.node_with(len(node.outputs), "Split", inputs, axis=axis)
    for out, value in zip(node.outputs, values, strict=True):
        e.write(out, e.reshape(value, e.dims(out)))


FORM = Form(emit=emit)
