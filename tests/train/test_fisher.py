"""Fisher information of a layer's result, by hand for networks of two layers."""

import importlib.util
from typing import Any

import numpy as np
import pytest
from train.jobs import Array, known

from packager.ir import Activation, GraphBuilder, Model, Padding, write_tflite
from packager.train import Example
from packager.train.train import ENVIRONMENT
from packager.util.child import call

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(importlib.util.find_spec("tensorflow") is None, reason="needs edgepack[tensorflow]"),
]
RNG = np.random.default_rng(0)
FIRST, LAST = RNG.normal(0, 1, (5, 4)).astype(np.float32), RNG.normal(0, 1, (3, 5)).astype(np.float32)
X = np.tile(RNG.normal(0, 1, (70, 4)).astype(np.float32), (30, 1))


def network(activation: Activation) -> tuple[Model, int]:
    """The model, and its hidden activation."""
    b = GraphBuilder()
    hidden = b.op(
        "FULLY_CONNECTED", [b.input("x", (1, 4)), b.const(FIRST)], (1, 5), options="FullyConnectedOptions",
        fused_activation_function=activation,
    )  # fmt: skip
    y = b.op("FULLY_CONNECTED", [hidden, b.const(LAST)], (1, 3), options="FullyConnectedOptions")
    return b.model([b.op("SOFTMAX", [y], (1, 3), options="SoftmaxOptions", beta=1.0)]), hidden


def test_information_is_that_of_the_result_before_its_activation() -> None:
    for activation, low, high in ((Activation.RELU, 0, np.inf), (Activation.RELU_N1_TO_1, -1, 1)):
        model, hidden = network(activation)
        found = call(known, write_tflite(model), Example(inputs=(X,), labels=None), [hidden], env=ENVIRONMENT)[hidden]
        before = X @ FIRST.T
        p = _softmax(np.clip(before, low, high) @ LAST.T)
        passed = (before > low) & (before < high)
        wanted = np.zeros((5, 5))
        for k in range(3):
            g = passed * ((p - np.eye(3)[k]) @ LAST)
            wanted += (p[:, k, None] * g).T @ g / len(X)
        np.testing.assert_allclose(found, found.T, rtol=1e-6)
        np.testing.assert_allclose(found, wanted, rtol=0.1, atol=0.05 * wanted.max())


def test_positions_are_parts_of_a_sample() -> None:
    b = GraphBuilder()
    window: dict[str, Any] = {
        "padding": Padding.VALID,
        "stride_h": 1,
        "stride_w": 1,
        "dilation_h_factor": 1,
        "dilation_w_factor": 1,
    }
    hidden = b.op(
        "CONV_2D", [b.input("x", (1, 1, 7, 4)), b.const(FIRST.reshape(5, 1, 1, 4))], (1, 1, 7, 5),
        options="Conv2DOptions", **window,
    )  # fmt: skip
    y = b.op("MEAN", [hidden, b.const(np.array([1, 2], np.int32))], (1, 5), options="ReducerOptions")
    model = b.model([y])
    x = RNG.normal(0, 1, (800, 1, 7, 4)).astype(np.float32)
    found = call(known, write_tflite(model), Example(inputs=(x,), labels=None), [hidden], env=ENVIRONMENT)[hidden]
    # Values are drawn with unit variance, and each position has a seventh of a mean.
    np.testing.assert_allclose(found, np.eye(5) / 49, atol=0.1 / 49)


def _softmax(values: Array) -> Array:
    powers = np.exp(values - values.max(axis=1, keepdims=True))
    found: Array = powers / powers.sum(axis=1, keepdims=True)
    return found
