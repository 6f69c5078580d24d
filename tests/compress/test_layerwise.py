"""What a step cost layer by layer: it adds up, it finds the layer, and it is what a hybrid of both models says."""

import dataclasses
from typing import Any

import numpy as np
import pytest
from compress.running import images, network, run
from prune.networks import Array, Network

from packager.compress import Compressed
from packager.compress._layers import layers_of, with_constants
from packager.compress._layerwise import cuts_of, layer_costs
from packager.compress._measure import Measurer
from packager.compress._parts import Parts
from packager.config.samples import Samples
from packager.figure import LayerCost, by_cost
from packager.ir import Model

NOISE = 1e-6
"""Of a loss, between two kernels of LiteRT that round otherwise."""


def samples(model: Model, x: Array, labels: Array | None = None) -> Samples:
    return Samples(arrays={model.input_names()[0]: x}, labels=labels, source="a test")


def costs(model: Model, done: Compressed, x: Array, labels: Array | None = None) -> tuple[LayerCost, ...]:
    return layer_costs(model, done, model, samples(model, x, labels))


def loss_of(model: Model, other: Model, x: Array) -> float:
    return Measurer(model, samples(model, x))([other])[0].loss


@pytest.mark.parametrize(
    ("step", "options"),
    [
        ("magnitude", {"ratio": 0.6}),
        ("channels", {"share": 0.4, "multiple_of": 1}),
        ("low_rank", {"error": 0.1}),
        ("cluster", {"values": 6}),
    ],
)
def test_the_layers_costs_add_up_to_the_steps(step: str, options: dict[str, Any]) -> None:
    model, x = network(), images(60)
    done = run(step, model, x, **options)
    found = costs(model, done, x)
    assert len(found) == len(layers_of(model.main))
    assert {cost.layer for cost in found} == {layer.name for layer in layers_of(model.main)}
    assert sum(cost.loss for cost in found) == pytest.approx(loss_of(model, done.model, x), abs=NOISE)
    agreement = Measurer(model, samples(model, x))([done.model])[0].value
    assert sum(cost.drop for cost in found) == pytest.approx(100 - agreement, abs=1e-9)


def test_the_layer_that_was_harmed_is_found() -> None:
    model, x = network(), images(60)
    name = layers_of(model.main)[3].name
    done = run("magnitude", model, x, ratio=0.8, correct=False, scope="layer", layers=[name])
    found = costs(model, done, x)
    worst, *rest = by_cost(found)
    assert worst.layer == name
    assert worst.loss > 0.01
    assert all(abs(cost.loss) < NOISE for cost in rest)
    at = [cost.layer for cost in found].index(name)
    assert all(cost.sqnr_db == 150 for cost in found[:at]), "what comes before it is as it was"
    assert all(cost.sqnr_db < 60 for cost in found[at:]), "what comes behind holds its error"


def chain() -> Model:
    n = Network(5, integer=False)
    y = n.conv(n.conv(n.input(1, 6, 6, 4), 16, 3), 24, 1)
    return n.model(n.dense(n.mean(y), 5))


def test_pruned_channels_are_handed_over_as_a_hybrid_of_both_models_computes_them() -> None:
    """With the original's first layer, less its channels that went, in place of the pruned one's."""
    model, x = chain(), images(60)
    done = run("channels", model, x, share=0.5, multiple_of=1)
    first, second = layers_of(model.main)[0], layers_of(done.model.main)[0]
    name = model.main.tensors[first.call.node.outputs[0]].name
    left = list(done.parts[name].channels or ())
    assert 0 < len(left) < first.outs
    assert first.bias is not None
    bias = second.call.node.inputs[2]
    hybrid = with_constants(done.model, {second.tensor: first.weights[left], bias: first.bias[left]})
    whole, from_second = loss_of(model, done.model, x), loss_of(model, hybrid, x)
    found = costs(model, done, x)
    assert found[0].layer == first.name
    assert found[0].loss == pytest.approx(whole - from_second, abs=NOISE)
    assert sum(cost.loss for cost in found[1:]) == pytest.approx(from_second, abs=NOISE)


def test_labels_make_it_points_of_accuracy() -> None:
    model, x = network(), images(60)
    labels = np.random.default_rng(0).integers(0, 5, 60)
    done = run("magnitude", model, x, ratio=0.7, correct=False)
    before, after = Measurer(model, samples(model, x, labels))([model, done.model])
    found = costs(model, done, x, labels)
    assert sum(cost.drop for cost in found) == pytest.approx(before.value - after.value, abs=1e-9)


def test_factors_that_later_layers_take_back_cost_nothing() -> None:
    n = Network(3, integer=False)
    y = n.conv(n.depthwise(n.conv(n.input(1, 6, 6, 4), 16, 3)), 16, 1)
    model, x = n.model(n.dense(n.mean(y), 5)), images(40)
    done = run("equalize", model, x)
    found = costs(model, done, x)
    assert len(found) == 4
    assert all(abs(cost.loss) < NOISE and cost.sqnr_db > 80 for cost in found)
    plain = costs(model, dataclasses.replace(done, rescaled=False), x)
    assert max(abs(cost.loss) for cost in plain) > 1e-3, "handed over as they are, they would fit nothing"


def test_there_is_none_where_nothing_changed_or_nothing_is_alike() -> None:
    model, x = network(), images(10)
    assert costs(model, Compressed(model=model, summary=""), x) == ()
    student = network(seed=2)
    renamed = student.main.with_tensors(lambda i, t: dataclasses.replace(t, name=f"student/{i}"))
    assert costs(model, Compressed(model=student.with_main(renamed), summary=""), x) == ()


def test_of_a_network_with_a_skip_both_branches_are_handed_over() -> None:
    model = network()
    cuts = list(cuts_of(model.main, model.main, Parts()))
    assert max(len(cut.live) for cut in cuts) == 2
    assert next(cut.live for cut in cuts) == ((model.main.inputs[0], model.main.inputs[0]),)


def test_what_gives_back_its_input_is_no_classifier() -> None:
    """An autoencoder's outputs are as many as its inputs: its noise counts, not which of them is largest."""
    n = Network(4, integer=False)
    model, x = n.model(n.dense(n.dense(n.input(1, 12), 24, relu=True), 12)), images(30, 12)
    done = run("magnitude", model, x, ratio=0.5, correct=False)
    (score,) = Measurer(model, samples(model, x))([done.model])
    assert score.metric == "sqnr"
    found = costs(model, done, x)
    assert len(found) == 2
    assert sum(cost.loss for cost in found) == pytest.approx(score.loss, rel=1e-4)
