"""Operators that only give the elements another shape."""

from packager.frontends._onnx.graph import OnnxNode
from packager.frontends._onnx.lowering import Lowering
from packager.frontends._onnx.value import Layout, Value, moves_nothing, to_first


def regroup(to: Lowering, node: OnnxNode) -> None:
    """Add a RESHAPE. Flattening an image keeps its columns in the order they are stored in, and remembers it."""
    x, name = to.value(node.inputs[0]), node.outputs[0]
    shape = to.graph.shape(name)
    layout = Layout()
    if x.layout.channels_last and not moves_nothing(x.stored, to_first(x.rank)):
        if len(shape) == 2 and shape[0] == x.shape[0]:
            layout = Layout(image=x.shape[1:])
        else:
            x = to.plain(x)
    elif x.layout.image:
        if shape == x.shape:
            layout = x.layout
        else:
            x = to.plain(x)
    tensor = to.reshape(x.tensor, shape, "" if shape == x.stored else name)
    to.set(name, Value(tensor=tensor, shape=shape, layout=layout, non_negative=x.non_negative))
