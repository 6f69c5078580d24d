"""Small models with a bit of everything, for the tests of the representation."""

from typing import Any

import numpy as np

from packager.ir import DType, GraphBuilder, Model, QuantParams

WINDOW: dict[str, Any] = {
    "padding": 0,
    "stride_h": 1,
    "stride_w": 1,
    "dilation_h_factor": 1,
    "dilation_w_factor": 1,
}


def float_model() -> Model:
    """A convolution, a dense layer and a softmax over ``[1, 4, 4, 2]``."""
    random = np.random.default_rng(1)
    b = GraphBuilder()
    x = b.input("image", (1, 4, 4, 2))
    kernel = b.const(random.standard_normal((3, 3, 3, 2)).astype(np.float32), "conv/kernel")
    bias = b.const(np.array([0.5, -0.5, 0.25], np.float32), "conv/bias")
    y = b.op("CONV_2D", [x, kernel, bias], (1, 4, 4, 3), options="Conv2DOptions", name="conv", **WINDOW)
    axes = b.const(np.array([1, 2], np.int32), "axes")
    y = b.op("MEAN", [y, axes], (1, 3), options="ReducerOptions", name="mean", keep_dims=False)
    weights = b.const(random.standard_normal((5, 3)).astype(np.float32), "dense/weights")
    y = b.op("FULLY_CONNECTED", [y, weights, -1], (1, 5), options="FullyConnectedOptions", name="dense")
    return b.model([b.op("SOFTMAX", [y], (1, 5), options="SoftmaxOptions", name="softmax", beta=1.0)])


def int8_model() -> Model:
    """A per-channel int8 convolution over ``[1, 4, 4, 2]``."""
    b = GraphBuilder()
    x = b.input("image", (1, 4, 4, 2), DType.INT8, QuantParams.per_tensor(0.125, -3))
    kernel = b.const(
        np.arange(54, dtype=np.int8).reshape(3, 3, 3, 2) - 27,
        "conv/kernel",
        QuantParams(scale=(0.25, 0.5, 1.0), zero_point=(0, 0, 0), axis=0),
    )
    bias = b.const(
        np.array([10, -10, 5], np.int32), "conv/bias", QuantParams(scale=(0.03125, 0.0625, 0.125), zero_point=(0, 0, 0))
    )
    y = b.op(
        "CONV_2D",
        [x, kernel, bias],
        (1, 4, 4, 3),
        options="Conv2DOptions",
        name="conv",
        dtype=DType.INT8,
        quant=QuantParams.per_tensor(0.05, 4),
        version=3,
        **WINDOW,
    )
    return b.model([y])
