"""Mixed precision: the tensors that int8 hurts most are widened, within the budget, and only if it helps."""

import dataclasses

import numpy as np
import pytest
from compress.running import context, images, network, objections, run
from prune.networks import Network

from packager.build.compress import with_schemes
from packager.compress import plan_step
from packager.compress._measure import Measurer
from packager.compress._widening import Mixed, added, choose, grown
from packager.config.compression import StepTable
from packager.config.recipe import Recipe
from packager.config.samples import Samples
from packager.errors import ConfigError
from packager.ir import DType, Graph, Model, Node, Tensor, write_tflite
from packager.plan.kernel_work import instructions
from packager.quantize import quantize_model
from packager.quantize.fidelity import real_outputs, sqnr_db

INT8 = Recipe(name="int8", description="")


def spiky() -> Model:
    """One channel of the first layer is a thousand times the others; the next layer reads all of them alike."""
    n = Network(3, integer=False)
    y = n.conv(n.conv(n.input(1, 6, 6, 4), 16, 3), 16, 3)
    return spiked(n.model(n.dense(n.mean(y), 5)), 0)


def late() -> Model:
    """The same between two small layers at the end of larger ones."""
    n = Network(3, integer=False)
    y = n.mean(n.conv(n.conv(n.input(1, 6, 6, 4), 16, 3), 16, 3))
    model = n.model(n.dense(n.dense(y, 16, relu=True), 5))
    return spiked(model, len(model.main.nodes) - 2)


def spiked(model: Model, at: int) -> Model:
    first, second = model.main.nodes[at : at + 2]
    factors = np.ones(16, np.float32)
    factors[3] = 1000

    def scaled(index: int, tensor: Tensor) -> Tensor:
        if tensor.data is None:
            return tensor
        if index in first.inputs[1:3]:
            return dataclasses.replace(tensor, data=tensor.data * factors.reshape(-1, *(1,) * (tensor.data.ndim - 1)))
        return dataclasses.replace(tensor, data=tensor.data / factors) if index == second.inputs[1] else tensor

    return model.with_main(model.main.with_tensors(scaled))


def test_the_worst_tensor_is_widened_and_the_model_is_better() -> None:
    model, x = spiky(), images(40)
    done = run("mixed", model, x, share=1.0)
    assert done.model is model
    assert done.kept is not None
    assert set(done.kept.schemes.values()) == {"int16x8"}
    assert {model.main.node_name(0), model.main.node_name(1)} <= set(done.kept.schemes)
    samples = Samples(arrays={model.input_names()[0]: x}, source="a test")
    plain, mixed = (quantize_model(model, r, samples).model for r in (INT8, with_schemes(INT8, done.kept)))
    unseen = Samples(arrays={model.input_names()[0]: images(40, seed=6)}, source="a test")
    exact = real_outputs(model, unseen)[0]
    before, after = (sqnr_db(exact, real_outputs(m, unseen)[0]) for m in (plain, mixed))
    assert after > before + 3
    assert any(t.type.dtype is DType.INT16 for t in mixed.main.tensors)


def test_floats_beside_integers_where_asked_for() -> None:
    model, x = spiky(), images(20)
    done = run("mixed", model, x, share=1.0, scheme="float32")
    assert done.kept is not None
    samples = Samples(arrays={model.input_names()[0]: x}, source="a test")
    mixed = quantize_model(model, with_schemes(INT8, done.kept), samples).model
    floats = {n for i, node in enumerate(mixed.main.nodes) if _is_float(mixed, node) for n in [mixed.main.node_name(i)]}
    assert floats >= set(done.kept.schemes)


def _is_float(model: Model, node: Node) -> bool:
    return model.main.type_of(node.outputs[0]).dtype.is_float


def test_the_budget_holds_and_nothing_is_chosen_without_one() -> None:
    graph = network().main
    losses = {i: float(i + 1) for i in range(len(graph.nodes))}
    assert not choose(graph, losses, Mixed(share=0.0, loss=0.0)).keys() & {
        i for i, node in enumerate(graph.nodes) if node.op != "ADD" and "POOL" not in node.op and node.op != "RESHAPE"
    }
    everything = choose(graph, losses, Mixed(share=1.0, loss=0.0))
    assert set(everything) == set(losses)
    few = choose(graph, losses, Mixed(share=1.0, loss=0.9))
    assert 0 < len(few) < len(everything)


def test_the_file_grows_by_no_more_than_asked() -> None:
    model, x = spiky(), images(20)
    samples = Samples(arrays={model.input_names()[0]: x}, source="a test")
    done = run("mixed", model, x, share=1.0, loss=0.0, growth=0.6, scheme="float32")
    assert done.kept is not None
    assert done.kept.schemes
    plain, mixed = (quantize_model(model, r, samples).model for r in (INT8, with_schemes(INT8, done.kept)))
    assert len(write_tflite(plain)) < len(write_tflite(mixed)) <= 1.6 * len(write_tflite(plain))


def test_bytes_are_a_budget_too_and_something_stays_int8() -> None:
    graph = spiky().main
    losses = {i: float(i + 1) for i in range(len(graph.nodes))}
    how = Mixed(share=1.0, loss=0.0, scheme="float32")
    sizes = {i: grown(graph, i, how) for i in losses}
    assert set(choose(graph, losses, how, 1e9)) == set(losses) - {0}, "the least of them stays"
    for allowed in (0, *sizes.values()):
        assert sum(sizes[i] for i in choose(graph, losses, how, allowed)) <= allowed
    assert max(sizes, key=lambda i: sizes[i]) not in choose(graph, losses, how, max(sizes.values()) - 1)


def count(graph: Graph, index: int, width: int = 0) -> float | None:
    """As the kernels of a Cortex-A72 were counted."""
    return instructions(graph, index, "neon", width)


@pytest.mark.parametrize("slowdown", [0.3, 5.0])
def test_an_inference_takes_no_more_instructions_than_asked_and_loses_less(slowdown: float) -> None:
    """Held again on the models themselves."""
    model, x = late(), images(40)
    samples = Samples(arrays={model.input_names()[0]: x}, source="a test")
    done = run("mixed", model, x, share=1.0, loss=0.0, slowdown=slowdown, counts={"a board": count})
    assert done.kept is not None
    plain, mixed = (quantize_model(model, r, samples).model for r in (INT8, with_schemes(INT8, done.kept)))
    before, after = (sum(count(m.main, i) or 0 for i in range(len(m.main.nodes))) for m in (plain, mixed))
    assert 1 < after / before <= 1 + slowdown
    assert f"{after / before - 1:+.0%} on a board" in done.summary
    assert done.table is not None
    assert done.table.columns[-1] == ">instructions in 16 bits"
    measure = Measurer(model, samples)
    narrow, wide = (score.loss for score in measure([plain, mixed]))
    assert wide < narrow
    names = {model.main.node_name(i) for i in range(len(model.main.nodes))}
    assert done.kept.schemes.keys() <= names
    assert (done.kept.schemes.keys() == names) == (slowdown > 1), "all of them take less than twice as much"


def test_under_a_budget_of_time_the_dearest_gain_for_its_time_comes_first() -> None:
    graph = network().main
    losses = dict.fromkeys(range(len(graph.nodes)), 1.0)
    how = Mixed(share=1.0, loss=0.0)
    more = {i: 0.01 * (i + 1) for i in losses}
    chosen = choose(graph, losses, how, more=more, time=0.05)
    assert sum(more[i] for i in chosen) <= 0.05
    cheapest = min(
        losses, key=lambda i: sum(more[j] for j in {i, *graph.consumers().get(graph.nodes[i].outputs[0], ())})
    )
    assert cheapest in chosen
    assert not choose(graph, losses, how, more=more, time=0.0)
    missing = {i: share for i, share in more.items() if i != cheapest}
    assert cheapest not in choose(graph, losses, how, more=missing, time=1e9), "what was not counted stays int8"


def test_a_target_without_counts_refuses_a_budget_of_time() -> None:
    model, x = network(), images(4)
    planned = plan_step(StepTable(step="mixed", options={"slowdown": 0.5}, source=""))
    given = context(model, x, uncounted=("jetson-nano", "coral"))
    with pytest.raises(ConfigError, match="how much slower 16 bits are is not known of jetson-nano, coral"):
        list(planned.step.check(model, planned.parameters, given))
    assert not list(planned.step.check(model, Mixed(), given))


def test_what_all_targets_bear_is_the_budget() -> None:
    graph = spiky().main

    def slow(graph: Graph, index: int, width: int = 0) -> float | None:  # noqa: ARG001 - as Count
        return 100.0 if width == 16 else 1.0

    def nothing(graph: Graph, index: int, width: int = 0) -> float | None:  # noqa: ARG001 - as Count
        return None

    both = added(graph, {"fast": count, "slow": slow})
    assert both == {i: max(added(graph, {"": count})[i], 99 / len(graph.nodes)) for i in both}
    assert added(graph, {"fast": count, "none": nothing}) == {}


def test_other_recipes_gain_no_rules() -> None:
    done = run("mixed", spiky(), images(20), share=1.0)
    assert done.kept is not None
    other = Recipe(name="float16", description="", scheme="float16", inputs="float32", outputs="float32")
    assert with_schemes(other, done.kept) == other
    jetson = dataclasses.replace(INT8, symmetric_activations=True)
    assert with_schemes(jetson, done.kept) == jetson


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"scheme": "int4"}, "no scheme 'int4'"),
        ({"share": 2.0}, "no share"),
        ({"loss": -1.0}, "no share"),
        ({"growth": 4.0}, "growth = 4"),
        ({"slowdown": -0.5}, "slowdown = -0.5 is out of range"),
        ({"slowdown": 0.5, "scheme": "float32"}, "slowdown knows no floats"),
    ],
)
def test_wrong_requests_are_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        objections("mixed", network(), images(2), **options)
