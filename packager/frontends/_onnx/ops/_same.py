"""Operators that do nothing at inference."""

from packager.frontends._onnx.graph import OnnxNode, UnloweredError
from packager.frontends._onnx.lowering import Lowering


def same(to: Lowering, node: OnnxNode) -> None:
    if any(name in to.graph.users() for name in node.outputs[1:]):
        raise UnloweredError("more than its first output is used")
    to.set(node.outputs[0], to.value(node.inputs[0]))
