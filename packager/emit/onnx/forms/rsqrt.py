from collections.abc import Sequence

from packager.emit.onnx.emission import Emission
from packager.emit.onnx.forms._contract import Form
from packager.emit.onnx.forms._elementwise import unary
from packager.ir import Node


def compute(e: Emission, _: Node, values: Sequence[str]) -> str:
    """``1 / sqrt(x)``: TensorRT 8.2 has no Reciprocal."""
    return e.node("Div", [e.constant(1, "one"), e.node("Sqrt", values)])


FORM = Form(emit=unary(compute))
