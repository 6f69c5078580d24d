"""Operators that map each element by itself keep whatever layout their input has."""

from collections.abc import Callable

from packager.frontends._onnx.graph import OnnxNode
from packager.frontends._onnx.lowering import Lowering


def unary(op: str, options: str = "", *, non_negative: bool = False) -> Callable[[Lowering, OnnxNode], None]:
    """Return the lowering to one TFLite operator without parameters."""

    def lower(to: Lowering, node: OnnxNode) -> None:
        x = to.value(node.inputs[0])
        to.emit(op, [x.tensor], node.outputs[0], x.layout, non_negative=non_negative, options=options)

    return lower
