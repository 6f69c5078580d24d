from packager.frontends._onnx.graph import OnnxNode
from packager.frontends._onnx.lowering import Lowering
from packager.frontends._onnx.ops._softmax import along_last_axis


def lower(to: Lowering, node: OnnxNode) -> None:
    x = along_last_axis(to, node)
    to.emit("SOFTMAX", [x.tensor], node.outputs[0], x.layout, non_negative=True, options="SoftmaxOptions", beta=1.0)
