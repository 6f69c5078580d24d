import numpy as np

from packager.frontends._onnx.graph import OnnxNode
from packager.frontends._onnx.lowering import Lowering
from packager.frontends._onnx.value import LAST

SPATIAL = True


def lower(to: Lowering, node: OnnxNode) -> None:
    """Lower to DEPTH_TO_SPACE, the channels put in its order where the mode is CRD, as of PyTorch's PixelShuffle."""
    x, size = to.channels_last(to.value(node.inputs[0])), int(node.attrs["blocksize"])
    tensor = x.tensor
    if node.text("mode", "DCR") == "CRD":
        order = np.arange(x.shape[1]).reshape(-1, size * size).T.reshape(-1)
        inputs = [tensor, to.const(order.astype(np.int32))]
        tensor = to.builder.op("GATHER", inputs, x.stored, options="GatherOptions", axis=x.rank - 1)
    options = "DepthToSpaceOptions"
    to.emit("DEPTH_TO_SPACE", [tensor], node.outputs[0], LAST, options=options, block_size=size)
