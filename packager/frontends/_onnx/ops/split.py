import numpy as np

from packager.frontends._onnx.graph import OnnxNode
from packager.frontends._onnx.lowering import Lowering
from packager.frontends._onnx.value import Value, stored_shape

FOLLOWS = True


def lower(to: Lowering, node: OnnxNode) -> None:
    """Lower to SPLIT_V; the sizes are those that shape inference found."""
    x = to.value(node.inputs[0])
    x = to.plain(x) if x.layout.image else x
    axis = int(node.attrs.get("axis", 0)) % x.rank
    shapes = [to.graph.shape(name) for name in node.outputs]
    outputs = [to.builder.tensor(n, stored_shape(s, x.layout)) for n, s in zip(node.outputs, shapes, strict=True)]
    sizes, at = to.ints(*(s[axis] for s in shapes)), to.const(np.asarray(x.axis(axis), np.int32))
    to.builder.node("SPLIT_V", [x.tensor, sizes, at], outputs, options="SplitVOptions", num_splits=len(outputs))
    for name, tensor, shape in zip(node.outputs, outputs, shapes, strict=True):
        to.set(name, Value(tensor=tensor, shape=shape, layout=x.layout, non_negative=x.non_negative))
