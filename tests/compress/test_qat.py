"""Quantization-aware training: a model that plain calibration spoils keeps its classes, and its ranges are used."""

import dataclasses
import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from train.jobs import imitated

from packager.compress import qat
from packager.compress._contract import Context
from packager.compress._measure import Measurer
from packager.config.recipe import Recipe
from packager.config.samples import Samples
from packager.ir import Activation, GraphBuilder, Model, QuantParams, Tensor, write_tflite
from packager.quantize import quantize_model
from packager.quantize.calibrate import calibrate
from packager.quantize.fidelity import agreement, real_outputs
from packager.train import Example
from packager.train.train import ENVIRONMENT
from packager.util.child import call

Array = npt.NDArray[Any]
needs_tensorflow = pytest.mark.skipif(
    importlib.util.find_spec("tensorflow") is None, reason="needs edgepack[tensorflow]"
)
INT8 = Recipe(name="int8", description="")


def dense(units: int = 12, classes: int = 4) -> Model:
    rng, b = np.random.default_rng(0), GraphBuilder()
    y = b.input("x", (1, 8))
    for width, name, relu in ((units, "first", True), (units, "second", True), (classes, "last", False)):
        fan = b.tensors[y].type.dims[-1]
        w = b.const(rng.normal(0, 1 / np.sqrt(fan), (width, fan)).astype(np.float32))
        bias = b.const(np.zeros(width, np.float32))
        y = b.op(
            "FULLY_CONNECTED", [y, w, bias], (1, width), options="FullyConnectedOptions", name=name,
            fused_activation_function=Activation.RELU if relu else Activation.NONE,
        )  # fmt: skip
    return b.model([b.op("SOFTMAX", [y], (1, classes), options="SoftmaxOptions", beta=1.0)], "dense")


def inputs(count: int, seed: int) -> Array:
    """Normal ones, and a few that are a hundred times as large: minimum and maximum say nothing of the rest."""
    rng = np.random.default_rng(seed)
    x = rng.normal(0, 1, (count, 8)).astype(np.float32)
    x[::50] *= 100
    return x


def context(model: Model, samples: Samples) -> Context:
    return Context(
        tuning=samples, teacher=model, measure=Measurer(model, samples), load=_unused, source=Path("dense.tflite")
    )


def _unused(path: str, *, labels: bool | None) -> Samples:
    raise AssertionError(path, labels)


@pytest.mark.slow
@needs_tensorflow
def test_ranges_are_learned_where_calibration_fails() -> None:
    model = dense()
    tuning = Samples(arrays={"x": inputs(600, 1)}, source="tuning.npz")
    fresh = Samples(arrays={"x": inputs(1000, 2)}, source="fresh.npz")
    how = qat.Qat(epochs=12, batch=25, learning_rate=0.01, held_out=0.0, threads=1)
    done = qat.apply(model, how, context(model, tuning))
    wanted = real_outputs(model, fresh)[0]
    plain, trained = (
        agreement(wanted, real_outputs(quantize_model(m, INT8, tuning).model, fresh)[0]) for m in (model, done.model)
    )
    assert plain < 0.8, "the case is to be hard"
    assert trained > plain + 0.1
    quantized = quantize_model(done.model, INT8, tuning)
    assert {r.reason for r in quantized.ranges.values()} == {"learned in training", "fixed by SOFTMAX"}


def test_calibration_takes_ranges_that_the_graph_holds() -> None:
    model = dense()
    samples = Samples(arrays={"x": inputs(100, 1)}, source="x.npz")
    (at,) = (i for i, t in enumerate(model.main.tensors) if t.name == "first")

    def change(index: int, tensor: Tensor) -> Tensor:
        quant = QuantParams(minimum=(0.0,), maximum=(2.5,), has_vectors=False)
        return (
            tensor if index != at else dataclasses.replace(tensor, type=dataclasses.replace(tensor.type, quant=quant))
        )

    found = calibrate(model.with_main(model.main.with_tensors(change)), samples, INT8.calibration)
    plain = calibrate(model, samples, INT8.calibration)
    assert (found[at].low, found[at].high, found[at].reason) == (0.0, 2.5, "learned in training")
    assert plain[at].high > 2.5
    assert all(found[t] == plain[t] for t in found if t != at)


@pytest.mark.slow
@needs_tensorflow
def test_the_imitation_is_nearer_to_the_integer_model_than_the_float_one() -> None:
    model = dense()
    samples = Samples(arrays={"x": inputs(300, 1)}, source="x.npz")
    quant = qat.fake_quant(model, qat.Qat(), context(model, samples))
    example = Example(inputs=(samples.arrays["x"],))
    plain, rounded = call(imitated, write_tflite(model), example, quant, env=ENVIRONMENT)
    integer = real_outputs(quantize_model(model, INT8, samples).model, samples)[0]
    assert np.abs(plain - integer).mean() > 3 / 256, "rounding is to be seen"
    assert np.abs(rounded - integer).mean() < 0.25 * np.abs(plain - integer).mean()


def test_fake_quantization_rounds_what_the_quantizer_will() -> None:
    model = dense()
    samples = Samples(arrays={"x": inputs(100, 1)}, source="x.npz")
    own = dataclasses.replace(context(model, samples))
    plan = qat.fake_quant(model, qat.Qat(per_channel_dense=False), own)
    names = {model.main.tensors[t].name for t in plan.ranges}
    assert names == {"x", "first", "second", "last"}, "probabilities have a fixed scale"
    assert set(plan.per_channel.values()) == {False, True}
