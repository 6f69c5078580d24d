"""Normalized exponentials along one axis."""

from packager.frontends._onnx.graph import OnnxNode, UnloweredError
from packager.frontends._onnx.lowering import Lowering
from packager.frontends._onnx.value import Value


def along_last_axis(to: Lowering, node: OnnxNode) -> Value:
    """Return the input stored so that the axis of a softmax is last, as TFLite wants it."""
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
    return x
