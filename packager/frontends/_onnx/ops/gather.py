import numpy as np

from packager.frontends._onnx.graph import OnnxNode
from packager.frontends._onnx.lowering import Lowering
from packager.frontends._onnx.value import PLAIN


def lower(to: Lowering, node: OnnxNode) -> None:
    """Lower a choice by constant indices along one axis."""
    x = to.plain(to.value(node.inputs[0]))
    axis = int(node.attrs.get("axis", 0)) % x.rank
    chosen = to.constant(node.inputs[1]) % x.shape[axis]  # negative ones count from the end
    inputs = [x.tensor, to.const(chosen.astype(np.int32))]
    to.emit("GATHER", inputs, node.outputs[0], PLAIN, non_negative=x.non_negative, options="GatherOptions", axis=axis)
