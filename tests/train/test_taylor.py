"""Taylor importance: what a channel contributes is activation times gradient, by hand for a network of two layers."""

import importlib.util

import numpy as np
import pytest
from train.jobs import Array, slopes

from packager.ir import Activation, GraphBuilder, Model, write_tflite
from packager.train import Example
from packager.train.train import ENVIRONMENT
from packager.util.child import call

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(importlib.util.find_spec("tensorflow") is None, reason="needs edgepack[tensorflow]"),
]
RNG = np.random.default_rng(0)
FIRST, LAST = RNG.normal(0, 1, (5, 4)).astype(np.float32), RNG.normal(0, 1, (3, 5)).astype(np.float32)


def network() -> tuple[Model, int]:
    """The model, and its hidden activation, whose last channel nothing reads."""
    b = GraphBuilder()
    last = LAST.copy()
    last[:, 4] = 0
    hidden = b.op(
        "FULLY_CONNECTED", [b.input("x", (1, 4)), b.const(FIRST)], (1, 5), options="FullyConnectedOptions",
        fused_activation_function=Activation.RELU,
    )  # fmt: skip
    y = b.op("FULLY_CONNECTED", [hidden, b.const(last)], (1, 3), options="FullyConnectedOptions")
    return b.model([b.op("SOFTMAX", [y], (1, 3), options="SoftmaxOptions", beta=1.0)]), hidden


def test_contributions_are_activation_times_gradient() -> None:
    model, hidden = network()
    x = RNG.normal(0, 1, (70, 4)).astype(np.float32)
    labels = RNG.integers(0, 3, 70)
    examples = {"labels": Example(inputs=(x,), labels=labels), "bare": Example(inputs=(np.tile(x, (20, 1)),))}
    found = call(slopes, write_tflite(model), examples, [hidden], env=ENVIRONMENT)
    activation = np.maximum(x @ FIRST.T, 0)
    last = LAST * np.array([1, 1, 1, 1, 0], np.float32)
    p = _softmax(activation @ last.T)
    wanted = activation * ((p - np.eye(3)[labels]) @ last)
    np.testing.assert_allclose(found["labels"][hidden], wanted, rtol=1e-4, atol=1e-5)
    # Without labels the expectation over the model's own answers is the Fisher information.
    fisher = sum(p[:, [k]] * np.square(activation * ((p - np.eye(3)[k]) @ last)) for k in range(3)).mean(axis=0)
    drawn = np.square(found["bare"][hidden])
    assert drawn.shape == (4 * 20 * 70, 5)
    np.testing.assert_allclose(drawn.mean(axis=0), fisher, rtol=0.2, atol=1e-6)
    assert drawn[:, 4].max() == 0


def _softmax(values: Array) -> Array:
    powers = np.exp(values - values.max(axis=1, keepdims=True))
    found: Array = powers / powers.sum(axis=1, keepdims=True)
    return found
