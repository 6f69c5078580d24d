from packager.frontends._onnx.graph import OnnxNode
from packager.frontends._onnx.lowering import Lowering
from packager.frontends._onnx.ops._reduce import reduce

SPATIAL = True


def lower(to: Lowering, node: OnnxNode) -> None:
    rank = to.value(node.inputs[0]).rank
    reduce(to, node, "REDUCE_MAX", tuple(range(2, rank)), keep=True)
