import numpy as np

from packager.frontends._onnx.graph import OnnxNode, as_float
from packager.frontends._onnx.lowering import Lowering

FOLLOWS = True
_FUSABLE = {(0.0, np.inf): "RELU", (0.0, 6.0): "RELU6", (-1.0, 1.0): "RELU_N1_TO_1"}


def lower(to: Lowering, node: OnnxNode) -> None:
    """Lower to the activation of these limits, or to MAXIMUM and MINIMUM."""
    x, name = to.value(node.inputs[0]), node.outputs[0]
    low, high = _limit(to, node, 1, "min", -np.inf), _limit(to, node, 2, "max", np.inf)
    keeps_sign = low >= 0 or (x.non_negative and high >= 0)
    if op := _FUSABLE.get((low, high)):
        to.emit(op, [x.tensor], name, x.layout, non_negative=keeps_sign)
        return
    steps = [(op, limit) for op, limit in (("MAXIMUM", low), ("MINIMUM", high)) if np.isfinite(limit)]
    tensor = x.tensor
    for op, limit in steps[:-1]:
        inputs = [tensor, to.scalar(limit)]
        tensor = to.builder.op(op, inputs, x.stored, options="MaximumMinimumOptions")
    if not steps:
        to.set(name, x)
        return
    op, limit = steps[-1]
    inputs = [tensor, to.scalar(limit)]
    to.emit(op, inputs, name, x.layout, non_negative=keeps_sign, options="MaximumMinimumOptions")


def _limit(to: Lowering, node: OnnxNode, index: int, key: str, default: float) -> float:
    """Return a limit: an attribute before opset 11, an input since."""
    given = to.optional(node, index)
    value = float(node.attrs.get(key, default)) if given is None else float(as_float(given).reshape(-1)[0])
    return np.sign(value) * np.inf if abs(value) > np.finfo(np.float32).max / 2 else value
