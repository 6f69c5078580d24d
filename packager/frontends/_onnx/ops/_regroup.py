"""Operators that only give the elements another shape."""

from packager.frontends._onnx.graph import OnnxNode
from packager.frontends._onnx.lowering import Lowering
from packager.frontends._onnx.value import LAST, Layout, Value, moves_nothing, stored_shape, to_first


def regroup(to: Lowering, node: OnnxNode) -> None:
    """Add a RESHAPE.

    What regroups only the spatial axes of an image leaves its channels last. Flattening it keeps the columns in the
    order that they are stored in, and remembers it.
    """
    x, name = to.value(node.inputs[0]), node.outputs[0]
    shape = to.graph.shape(name)
    layout = Layout()
    if x.layout.channels_last and not moves_nothing(x.stored, to_first(x.rank)):
        if len(shape) == 2 and shape[0] == x.shape[0]:
            layout = Layout(image=x.shape[1:])
        elif len(shape) > 2 and shape[:2] == x.shape[:2]:
            layout = LAST
        else:
            x = to.plain(x)
    elif x.layout.image:
        if shape == x.shape:
            layout = x.layout
        else:
            x = to.plain(x)
    stored = stored_shape(shape, layout)
    tensor = to.reshape(x.tensor, stored, "" if stored == x.stored else name)
    to.set(name, Value(tensor=tensor, shape=shape, layout=layout, non_negative=x.non_negative))
