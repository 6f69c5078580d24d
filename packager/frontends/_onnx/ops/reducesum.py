from packager.frontends._onnx.graph import OnnxNode
from packager.frontends._onnx.lowering import Lowering
from packager.frontends._onnx.ops._reduce import axes_of, reduce


def lower(to: Lowering, node: OnnxNode) -> None:
    reduce(to, node, "SUM", axes_of(to, node), keep=bool(node.attrs.get("keepdims", 1)))
