"""FULLY_CONNECTED, whose weights take the order in which its input is stored."""

import numpy as np

from packager.frontends._onnx.graph import Array, OnnxNode
from packager.frontends._onnx.lowering import Lowering
from packager.frontends._onnx.value import PLAIN, to_last


def dense(to: Lowering, node: OnnxNode, weights: Array, bias: Array) -> None:
    """Add a fully connected layer; `weights` are ``[out, in]``."""
    x, name = to.value(node.inputs[0]), node.outputs[0]
    if x.layout.image:
        images = weights.reshape(len(weights), *x.layout.image)
        weights = images.transpose(to_last(images.ndim)).reshape(weights.shape)
    else:
        x = to.plain(x)
    inputs = [x.tensor, to.const(weights, f"{name}/weights"), to.const(np.asarray(bias), f"{name}/bias")]
    to.emit(
        "FULLY_CONNECTED",
        inputs,
        name,
        PLAIN,
        options="FullyConnectedOptions",
        keep_num_dims=len(to.graph.shape(name)) > 2,
    )
