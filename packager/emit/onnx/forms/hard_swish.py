from collections.abc import Sequence

from packager.emit.onnx.emission import Emission
from packager.emit.onnx.forms._contract import Form
from packager.emit.onnx.forms._elementwise import unary
from packager.ir import Node


def compute(e: Emission, _: Node, values: Sequence[str]) -> str:
    """``x * clip(x / 6 + 1/2, 0, 1)``: ONNX has HardSwish from opset 14, TensorRT only from 8.6."""
    gate = e.node("HardSigmoid", values, alpha=1 / 6, beta=0.5)
    return e.node("Mul", [values[0], gate])


FORM = Form(emit=unary(compute))
