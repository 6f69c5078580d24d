import numpy as np

from packager.frontends._onnx.graph import OnnxNode, UnloweredError, as_float
from packager.frontends._onnx.lowering import Lowering

SPATIAL = True


def lower(to: Lowering, node: OnnxNode) -> None:
    """Lower to PRELU, whose slopes are those of an image's channels: ``[1, 1, C]``."""
    x, slope = to.channels_last(to.value(node.inputs[0])), as_float(to.constant(node.inputs[1]))
    if x.rank < 3 or slope.size not in (1, x.shape[1]):
        raise UnloweredError("slopes that are not one a channel")
    channels = np.broadcast_to(slope.reshape(-1), (x.shape[1],)).reshape((1,) * (x.rank - 2) + (x.shape[1],))
    to.emit("PRELU", [x.tensor, to.const(channels, f"{node.outputs[0]}/slope")], node.outputs[0], x.layout)
