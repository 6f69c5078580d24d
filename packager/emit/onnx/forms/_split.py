from packager.emit.onnx.emission import Emission
from packager.ir import Node


def split(e: Emission, node: Node, data: int, axis: int) -> None:
    """Emit a Split into the outputs' sizes along a native axis."""
    layout = e.layout_of(data)
    sizes = e.integers([e.dims(out)[axis] for out in node.outputs], "sizes")
    inputs = [e.read(data, layout), sizes]
    values = e.node_with(len(node.outputs), "Split", inputs, axis=e.axis(data, axis, layout))
    for out, value in zip(node.outputs, values, strict=True):
        e.write(out, value, layout)
