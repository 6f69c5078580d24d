from collections.abc import Sequence

from packager.emit.onnx.emission import Emission
from packager.emit.onnx.forms._contract import Form
from packager.emit.onnx.forms._elementwise import binary
from packager.ir import Node


def compute(e: Emission, _: Node, values: Sequence[str]) -> str:
    difference = e.node("Sub", values)
    return e.node("Mul", [difference, difference])


FORM = Form(emit=binary(compute))
