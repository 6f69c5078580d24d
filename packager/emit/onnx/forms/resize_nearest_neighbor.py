from packager.emit.onnx.emission import Emission
from packager.emit.onnx.forms._contract import Form
from packager.emit.onnx.forms._parameters import constant
from packager.emit.onnx.forms._resize import coordinates, resize
from packager.ir import Node


def emit(e: Emission, node: Node) -> None:
    """TFLite takes ``floor((x + 1/2) * scale)`` with half pixel centres: ONNX's half pixel, rounded half up."""
    rounding = "floor" if coordinates(node) == "asymmetric" else "round_prefer_ceil"
    resize(e, node, mode="nearest", nearest_mode=rounding)


FORM = Form(emit=emit, problems=constant(1))
