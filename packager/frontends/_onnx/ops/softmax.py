from packager.frontends._onnx.graph import OnnxNode, UnloweredError
from packager.frontends._onnx.lowering import Lowering


def lower(to: Lowering, node: OnnxNode) -> None:
    """Lower to SOFTMAX, which works along the last axis."""
    x = to.value(node.inputs[0])
    old = to.graph.opset < 13  # the axis then was the first of those taken together
    axis = int(node.attrs.get("axis", 1 if old else -1)) % x.rank
    if old and axis != x.rank - 1:
        raise UnloweredError("over several axes")
    if x.layout.image:
        x = to.plain(x)
    if x.axis(axis) != x.rank - 1:
        x = to.plain(x) if x.layout.channels_last else to.channels_last(x)
    if x.axis(axis) != x.rank - 1:
        raise UnloweredError(f"along axis {axis} of {x.rank}")
    options = {"options": "SoftmaxOptions", "beta": 1.0}
    to.emit("SOFTMAX", [x.tensor], node.outputs[0], x.layout, non_negative=True, **options)
