"""Mixed precision: the tensors that int8 hurts most are widened, within the budget, and only if it helps."""

import dataclasses

import numpy as np
import pytest
from compress.running import images, network, objections, run
from prune.networks import Network

from packager.build.compress import with_schemes
from packager.compress.mixed import Mixed, choose, grown
from packager.config.recipe import Recipe
from packager.config.samples import Samples
from packager.errors import ConfigError
from packager.ir import DType, Model, Node, Tensor, write_tflite
from packager.quantize import quantize_model
from packager.quantize.fidelity import real_outputs, sqnr_db

INT8 = Recipe(name="int8", description="")


def spiky() -> Model:
    """One channel of the first layer is a thousand times the others; the next layer reads all of them alike."""
    n = Network(3, integer=False)
    y = n.conv(n.conv(n.input(1, 6, 6, 4), 16, 3), 16, 3)
    model = n.model(n.dense(n.mean(y), 5))
    first, second = model.main.nodes[:2]
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


def test_other_recipes_gain_no_rules() -> None:
    done = run("mixed", spiky(), images(20), share=1.0)
    assert done.kept is not None
    other = Recipe(name="float16", description="", scheme="float16", inputs="float32", outputs="float32")
    assert with_schemes(other, done.kept) == other


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"scheme": "int4"}, "no scheme 'int4'"),
        ({"share": 2.0}, "no share"),
        ({"loss": -1.0}, "no share"),
        ({"growth": 4.0}, "growth = 4"),
    ],
)
def test_wrong_requests_are_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        objections("mixed", network(), images(2), **options)
