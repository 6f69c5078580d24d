"""Small jobs for the child, several in one: starting TensorFlow takes longer than any of them."""

from typing import Any

import numpy as np
import numpy.typing as npt

from packager.config.training import Training
from packager.ir import Activation, GraphBuilder, Model, Padding, read_tflite_bytes, write_tflite
from packager.train._contract import Example, FakeQuant, Job, Outcome
from packager.train.check import trained_constants
from packager.train.fisher import informations
from packager.train.forward import forward
from packager.train.loop import run
from packager.train.rounding import Ranges
from packager.train.taylor import contributions
from packager.train.weights import Weights

Array = npt.NDArray[Any]
HOW = Training(epochs=6, batch=16, learning_rate=0.02, held_out=0.2, seed=3, threads=1)


def network(seed: int = 0, *, classes: int = 3, scale: float = 1.0) -> Model:
    """Convolution, depthwise convolution, mean, dense and softmax over an input [1, 6, 6, 2]."""
    rng, b = np.random.default_rng(seed), GraphBuilder()

    def draw(*dims: int) -> int:
        fan = np.prod(dims[1:]) if len(dims) != 4 or dims[0] != 1 else 9
        return b.const((rng.normal(0, scale / np.sqrt(fan), dims)).astype(np.float32))

    def zeros(count: int) -> int:
        return b.const(np.zeros(count, np.float32))

    window: dict[str, Any] = {
        "padding": Padding.SAME, "stride_h": 1, "stride_w": 1, "dilation_h_factor": 1, "dilation_w_factor": 1,
        "fused_activation_function": Activation.RELU,
    }  # fmt: skip
    y = b.op("CONV_2D", [b.input("x", (1, 6, 6, 2)), draw(8, 3, 3, 2), zeros(8)], (1, 6, 6, 8),
             options="Conv2DOptions", name="conv", **window)  # fmt: skip
    y = b.op("DEPTHWISE_CONV_2D", [y, draw(1, 3, 3, 8), zeros(8)], (1, 6, 6, 8), options="DepthwiseConv2DOptions",
             name="depthwise", depth_multiplier=1, **window)  # fmt: skip
    axes = b.const(np.array([1, 2], np.int32))
    y = b.op("MEAN", [y, axes], (1, 8), options="ReducerOptions", name="mean")
    y = b.op(
        "FULLY_CONNECTED", [y, draw(classes, 8), zeros(classes)], (1, classes), options="FullyConnectedOptions",
        name="dense",
    )  # fmt: skip
    y = b.op("SOFTMAX", [y], (1, classes), options="SoftmaxOptions", name="probabilities", beta=1.0)
    return b.model([y], "network")


def weights_of(model: Model, layer: str) -> int:
    """The index of a layer's filters."""
    graph = model.main
    return next(node.inputs[1] for i, node in enumerate(graph.nodes) if graph.node_name(i) == layer)


def data(count: int = 80, seed: int = 1) -> Example:
    """Inputs whose class is a question of which third is the brightest: learnable in a few steps."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, count)
    x = rng.normal(0, 0.5, (count, 6, 6, 2)).astype(np.float32)
    for sample, label in zip(x, labels, strict=True):
        sample[..., 0] += (label == 0) * 2.0
        sample[..., 1] += (label == 1) * 2.0
    return Example(inputs=(x,), labels=labels)


def job(model: Model, example: Example, how: Training = HOW, *, teacher: Model | None = None, **more: Any) -> Job:
    return Job(
        student=write_tflite(model), teacher=None if teacher is None else write_tflite(teacher), data=example, how=how,
        **{"held": {}, **more},
    )  # fmt: skip


def many(jobs: dict[str, Job]) -> dict[str, Outcome]:
    """The child's side."""
    return {name: run(one) for name, one in jobs.items()}


def imitated(blob: bytes, example: Example, quant: FakeQuant) -> list[Array]:
    """The child's side: a model's outputs as it is, and rounded as its integer form will be."""
    import tensorflow as tf

    graph = read_tflite_bytes(blob, name="model", source="model").main
    inputs = [tf.constant(x) for x in example.inputs]
    weights = Weights(graph, trained_constants(graph), {})
    roundings = Ranges(graph, quant).roundings()
    runs = [forward(graph, inputs), forward(graph, inputs, weights.values(), roundings)]
    return [known[graph.outputs[0]].numpy() for known in runs]


def slopes(blob: bytes, examples: dict[str, Example], tensors: list[int]) -> dict[str, dict[int, Array]]:
    """The child's side."""
    return {name: contributions(blob, example, tensors, HOW) for name, example in examples.items()}


def known(blob: bytes, example: Example, tensors: list[int]) -> dict[int, Array]:
    """The child's side."""
    return informations(blob, example, tensors, HOW)
