from packager.frontends._onnx.graph import OnnxNode
from packager.frontends._onnx.lowering import Lowering
from packager.frontends._onnx.value import LAST, PLAIN

FOLLOWS = True


def lower(to: Lowering, node: OnnxNode) -> None:
    """Lower to CONCATENATION, channels last as soon as one input is."""
    values = [to.value(name) for name in node.inputs]
    layout = LAST if any(v.layout.channels_last for v in values) else PLAIN
    values = [to.stored_as(v, layout) for v in values]
    axis = values[0].axis(int(node.attrs["axis"]))
    to.emit(
        "CONCATENATION",
        [v.tensor for v in values],
        node.outputs[0],
        layout,
        non_negative=all(v.non_negative for v in values),
        options="ConcatenationOptions",
        axis=axis,
    )
