from packager.frontends._onnx.graph import OnnxNode, UnloweredError
from packager.frontends._onnx.lowering import Lowering
from packager.frontends._onnx.value import LAST

SPATIAL = True


def lower(to: Lowering, node: OnnxNode) -> None:
    if node.text("mode", "DCR") != "DCR":  # CRD, as of PixelShuffle, takes the channels in another order
        raise UnloweredError("mode CRD")
    x, size = to.channels_last(to.value(node.inputs[0])), int(node.attrs["blocksize"])
    options = "DepthToSpaceOptions"
    to.emit("DEPTH_TO_SPACE", [x.tensor], node.outputs[0], LAST, options=options, block_size=size)
