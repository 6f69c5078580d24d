from packager.frontends._onnx.graph import OnnxNode
from packager.frontends._onnx.lowering import Lowering
from packager.frontends._onnx.value import LAST

SPATIAL = True


def lower(to: Lowering, node: OnnxNode) -> None:
    x, size = to.channels_last(to.value(node.inputs[0])), int(node.attrs["blocksize"])
    options = "SpaceToDepthOptions"
    to.emit("SPACE_TO_DEPTH", [x.tensor], node.outputs[0], LAST, options=options, block_size=size)
