import numpy as np

from packager.frontends._onnx.graph import OnnxNode, UnloweredError, as_float
from packager.frontends._onnx.lowering import Lowering
from packager.frontends._onnx.ops._dense import dense
from packager.frontends._onnx.value import PLAIN


def lower(to: Lowering, node: OnnxNode) -> None:
    """Lower to FULLY_CONNECTED where the right side is a constant matrix, else to BATCH_MATMUL."""
    left, right = node.inputs
    if right in to.graph.constants and to.constant(right).ndim == 2 and left not in to.graph.constants:
        weights = as_float(to.constant(right)).T
        dense(to, node, weights, np.zeros(len(weights), np.float32))
        return
    a, b = to.plain(to.value(left)), to.plain(to.value(right))
    if min(a.rank, b.rank) < 2:
        raise UnloweredError("a vector")
    to.emit("BATCH_MATMUL", [a.tensor, b.tensor], node.outputs[0], PLAIN, options="BatchMatMulOptions")
