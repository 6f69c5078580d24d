"""Small float models for the tests of quantization and of the passes before it."""

from typing import Any

import numpy as np

from packager.config.recipe import Recipe
from packager.config.samples import Samples
from packager.ir import Activation, GraphBuilder, Model, Padding

INT8 = Recipe(name="int8", description="")


def conv(
    b: GraphBuilder, x: int, channels: int, shape: tuple[int, ...], *, seed: int, name: str, depthwise: bool = False,
    relu: bool = True,
) -> int:  # fmt: skip
    rng = np.random.default_rng(seed)
    inner = b.tensors[x].type.dims[-1]
    kernel = (1, 3, 3, channels) if depthwise else (channels, 3, 3, inner)
    weights = b.const(rng.normal(scale=0.4, size=kernel).astype(np.float32), f"{name}/w")
    bias = b.const(rng.normal(scale=0.2, size=channels).astype(np.float32), f"{name}/b")
    op, options = ("DEPTHWISE_CONV_2D", "DepthwiseConv2DOptions") if depthwise else ("CONV_2D", "Conv2DOptions")
    extra: dict[str, Any] = {"depth_multiplier": 1} if depthwise else {}
    return b.op(
        op, [x, weights, bias], shape, options=options, name=name, padding=Padding.SAME, stride_h=1, stride_w=1,
        dilation_h_factor=1, dilation_w_factor=1,
        fused_activation_function=Activation.RELU if relu else Activation.NONE, **extra,
    )  # fmt: skip


def dense(b: GraphBuilder, x: int, units: int, *, seed: int, name: str) -> int:
    rng = np.random.default_rng(seed)
    inner = b.tensors[x].type.dims[-1]
    weights = b.const(rng.normal(scale=0.4, size=(units, inner)).astype(np.float32), f"{name}/w")
    bias = b.const(rng.normal(scale=0.2, size=units).astype(np.float32), f"{name}/b")
    return b.op("FULLY_CONNECTED", [x, weights, bias], (1, units), options="FullyConnectedOptions", name=name)


def classifier(classes: int = 4) -> Model:
    """Convolution, depthwise convolution, mean, dense, softmax over a 6x6x2 input named ``x``."""
    b = GraphBuilder()
    x = b.input("x", (1, 6, 6, 2))
    y = conv(b, x, 4, (1, 6, 6, 4), seed=1, name="conv")
    y = conv(b, y, 4, (1, 6, 6, 4), seed=2, name="depthwise", depthwise=True)
    axes = b.const(np.array([1, 2], np.int32), "axes")
    y = b.op("MEAN", [y, axes], (1, 4), options="ReducerOptions", name="mean")
    y = dense(b, y, classes, seed=3, name="dense")
    y = b.op("SOFTMAX", [y], (1, classes), options="SoftmaxOptions", name="probabilities", beta=1.0)
    return b.model([y], "classifier")


def chain(*ops: str) -> Model:
    """Elementwise operators after one another, 8 floats in and out."""
    b = GraphBuilder()
    y = b.input("x", (1, 8))
    for i, op in enumerate(ops):
        y = b.op(op, [y], (1, 8), name=f"{op.lower()}_{i}")
    return b.model([y], "chain")


def samples_for(model: Model, count: int = 12, *, seed: int = 0, labels: bool = False) -> Samples:
    rng = np.random.default_rng(seed)
    arrays = {
        name: rng.normal(size=(count, *type_.dims[1:])).astype(np.float32)
        for name, type_ in zip(model.input_names(), model.input_types(), strict=True)
    }
    classes = model.output_types()[0].dims[-1]
    return Samples(
        arrays=arrays, labels=rng.integers(0, classes, count) if labels else None, source="inputs.npz", sha256="0" * 64
    )
