from packager.emit.onnx.emission import Emission
from packager.emit.onnx.layout import Layout, stored_dims
from packager.ir import Node


def coordinates(node: Node) -> str:
    """Where an output pixel's centre lies in the input."""
    if node.attrs["align_corners"]:
        return "align_corners"
    return "half_pixel" if node.attrs["half_pixel_centers"] else "asymmetric"


def resize(e: Emission, node: Node, **attrs: str) -> None:
    """Emit a Resize to the output's static size."""
    data, out = node.inputs[0], node.outputs[0]
    sizes = e.integers(stored_dims(e.dims(out), Layout.FIRST), "sizes")
    inputs = [e.read(data, Layout.FIRST), "", "", sizes]
    value = e.node("Resize", inputs, coordinate_transformation_mode=coordinates(node), **attrs)
    e.write(out, value, Layout.FIRST)
