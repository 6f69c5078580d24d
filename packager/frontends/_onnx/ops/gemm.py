import numpy as np

from packager.frontends._onnx.graph import OnnxNode, UnloweredError, as_float
from packager.frontends._onnx.lowering import Lowering
from packager.frontends._onnx.ops._dense import dense


def lower(to: Lowering, node: OnnxNode) -> None:
    """Lower ``alpha * x @ w + beta * c`` to FULLY_CONNECTED."""
    if node.attrs.get("transA", 0):
        raise UnloweredError("transposed input")
    weights = as_float(to.constant(node.inputs[1]))
    weights = weights if node.attrs.get("transB", 0) else weights.T
    shift = to.optional(node, 2)
    bias = np.zeros(len(weights), np.float32)
    if shift is not None:
        if shift.ndim == 2 and shift.shape[0] != 1:
            raise UnloweredError("a bias for each row")
        bias = np.broadcast_to(as_float(shift).reshape(-1), bias.shape)
    alpha, beta = np.float32(node.attrs.get("alpha", 1.0)), np.float32(node.attrs.get("beta", 1.0))
    dense(to, node, weights * alpha, bias * beta)
