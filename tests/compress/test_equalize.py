"""Equalization leaves the float model as it is and makes better integers; bias correction takes the mean error out."""

import dataclasses

import numpy as np
import pytest
from compress.running import context, error, images, objections, run
from ops.judging import litert
from prune.networks import Array, Network

from packager.compress import plan_step
from packager.compress.equalize import pairs_of
from packager.config.compression import StepTable
from packager.config.recipe import Recipe
from packager.config.samples import Samples
from packager.errors import ConfigError, UnsupportedError
from packager.ir import Activation, Model, Tensor
from packager.quantize import quantize_model
from packager.quantize.fidelity import real_outputs, sqnr_db

INT8 = Recipe(name="int8", description="")


def uneven(cap: Activation = Activation.RELU, spread: float = 3.0) -> Model:
    """Channels of very different ranges: layers scaled up and down against each other."""
    n = Network(7, integer=False)
    y = n.conv(n.input(1, 6, 6, 4), 16, 3)
    y = n.conv(n.depthwise(y), 16)
    model = n.model(n.dense(n.flatten(n.pool(y)), 5))
    factors = np.exp(np.random.default_rng(0).uniform(-spread, spread, 16)).astype(np.float32)
    first, second, third, last = (model.main.nodes[i] for i in (0, 1, 2, 5))

    def scaled(index: int, tensor: Tensor) -> Tensor:
        data = tensor.data
        if data is None:
            return tensor
        if index == first.inputs[1]:
            data = data * factors.reshape(-1, 1, 1, 1)
        elif index == first.inputs[2]:
            data = data * factors
        elif index == second.inputs[1]:
            data = data / factors
        elif index == third.inputs[1]:
            data = data * factors[::-1].reshape(-1, 1, 1, 1)
        elif index == third.inputs[2]:
            data = data * factors[::-1]
        elif index == last.inputs[1]:
            data = data / np.tile(factors[::-1], data.shape[1] // 16)
        return dataclasses.replace(tensor, data=data.astype(tensor.type.dtype.numpy))

    graph = model.main.with_tensors(scaled)
    nodes = tuple(
        dataclasses.replace(node, attrs={**node.attrs, "fused_activation_function": int(cap)}) if i == 0 else node
        for i, node in enumerate(graph.nodes)
    )
    return model.with_main(dataclasses.replace(graph, nodes=nodes))


def int8(model: Model, x: Array) -> Model:
    return quantize_model(model, INT8, Samples(arrays={model.input_names()[0]: x}, source="a test")).model


def test_the_float_model_stays_and_the_integers_are_better() -> None:
    model, x, unseen = uneven(), images(60), images(40, seed=4)
    done = run("equalize", model, x)
    assert error(model, done.model, unseen) < 1e-9
    samples = Samples(arrays={model.input_names()[0]: unseen}, source="a test")
    (exact,) = litert(model, [unseen], "BUILTIN")
    before, after = (sqnr_db(exact, real_outputs(int8(m, x), samples)[0]) for m in (model, done.model))
    assert after > before + 6
    assert done.table is not None
    assert all(float(row[3]) <= float(row[2]) for row in done.table.rows)


def test_pairs_are_those_with_homogeneous_operators_between() -> None:
    model = uneven()
    assert [(p.first.index, p.second.index) for p in pairs_of(model.main)] == [(0, 1), (1, 2), (2, 5)]
    n = Network(1, integer=False)
    stem = n.conv(n.input(1, 6, 6, 4), 8)
    forked = n.add(stem, n.conv(stem, 8))
    assert not pairs_of(n.model(n.dense(n.flatten(forked), 3)).main)


def test_a_cap_that_is_never_reached_goes_and_one_at_work_stays() -> None:
    x = images(60)
    for model, stays in ((uneven(Activation.RELU6, 3.0), True), (uneven(Activation.RELU6, 0.01), False)):
        done = run("equalize", model, x)
        capped = done.model.main.nodes[0].attrs["fused_activation_function"] == Activation.RELU6
        (largest,) = (float(litert_max(model, x)),)
        assert capped == stays == (largest >= 5.99)
        assert error(model, done.model, x) < 1e-9


def litert_max(model: Model, x: Array) -> float:
    shorter = dataclasses.replace(model.main, nodes=model.main.nodes[:1], outputs=model.main.nodes[0].outputs)
    (found,) = litert(dataclasses.replace(model.with_main(shorter), signatures=()), [x], "BUILTIN")
    return float(found.max())


def test_nothing_to_equalize_and_unknown_layers_are_refused() -> None:
    n = Network(1, integer=False)
    with pytest.raises(UnsupportedError, match="no two layers"):
        run("equalize", n.model(n.conv(n.input(1, 6, 6, 4), 8)), images(4))
    with pytest.raises(ConfigError, match="no layer 'conv_2d_9'"):
        objections("equalize", uneven(), images(4), skip=["conv_2d_9"])


def test_bias_correction_takes_the_mean_error_out() -> None:
    """Inputs far from zero and coarse weights: rounding shifts every sum the same way."""
    n = Network(9, integer=False)
    y = n.conv(n.conv(n.input(1, 6, 6, 4), 16, 3), 16, 3, relu=False)
    model = n.model(n.mean(y))
    x = images(80) + 3
    samples = Samples(arrays={model.input_names()[0]: x}, source="a test")
    quantized = quantize_model(model, INT8, samples)
    planned = plan_step(StepTable(step="bias_correction", options={}, source=""))

    assert planned.step.refine is not None
    assert quantized.float_model is not None
    done = planned.step.refine(quantized.model, quantized.float_model, planned.parameters, context(model, x))
    unseen = Samples(arrays={model.input_names()[0]: images(60, seed=8) + 3}, source="a test")
    exact = real_outputs(model, unseen)[0]
    before, after = (
        np.abs((real_outputs(m, unseen)[0] - exact).mean(axis=0)).mean() for m in (quantized.model, done.model)
    )
    assert after < 0.7 * before
    assert done.changes
