import math
from collections.abc import Sequence

from packager.emit.onnx.emission import Emission
from packager.emit.onnx.forms._contract import Form
from packager.emit.onnx.forms._elementwise import unary
from packager.ir import Node


def compute(e: Emission, node: Node, values: Sequence[str]) -> str:
    """``x * P(x)``, P the normal distribution function or its approximation by a hyperbolic tangent."""
    (x,) = values
    if node.attrs["approximate"]:
        cube = e.node("Mul", [e.node("Mul", [x, x]), e.node("Mul", [x, e.constant(0.044715, "cubic")])])
        inner = e.node("Mul", [e.node("Add", [x, cube]), e.constant(math.sqrt(2 / math.pi), "scale")])
        bend = e.node("Tanh", [inner])
    else:
        bend = e.node("Erf", [e.node("Mul", [x, e.constant(math.sqrt(0.5), "scale")])])
    half = e.node("Mul", [x, e.constant(0.5, "half")])
    return e.node("Mul", [half, e.node("Add", [bend, e.constant(1, "one")])])


FORM = Form(emit=unary(compute))
