"""8 and 16 bit activations in one model: LiteRT and the interpreter run it alike."""

import dataclasses
from typing import Any

import numpy as np
import pytest
from ops.judging import litert
from prune.networks import Network

from packager.config.recipe import Recipe, Rule
from packager.config.samples import Samples
from packager.errors import ConfigError
from packager.interp import reference
from packager.ir import DType, Model, verify, write_tflite
from packager.quantize import quantize_model
from packager.quantize.fidelity import layer_sqnr


def network() -> Model:
    n = Network(3, integer=False)
    stem = n.conv(n.input(1, 6, 6, 4), 16, 3)
    y = n.conv(n.depthwise(stem), 16, relu=False)
    return n.model(n.dense(n.mean(n.add(stem, y)), 5))


def samples(count: int = 50, seed: int = 0) -> Samples:
    x = np.random.default_rng(seed).normal(0, 1, (count, 6, 6, 4)).astype(np.float32)
    return Samples(arrays={"x": x}, source="a test")


def recipe(model: Model, *chosen: int) -> Recipe:
    rules = tuple(Rule(name=f"^{model.main.node_name(i)}$", scheme="int16x8") for i in chosen)
    return Recipe(name="mixed", description="", rules=rules)


@pytest.mark.parametrize("chosen", [(0,), (0, 1, 2, 3), (0, 1, 2, 3, 4, 5)])
def test_chosen_operators_compute_in_16_bits_and_the_rest_in_8(chosen: tuple[int, ...]) -> None:
    model = network()
    quantized = quantize_model(model, recipe(model, *chosen), samples())
    integer = quantized.model
    assert list(verify(integer)) == []
    assert [t.dtype for t in (*integer.input_types(), *integer.output_types())] == [DType.INT8, DType.INT8]
    widths = {n.op: integer.main.type_of(n.outputs[0]).dtype for n in integer.main.nodes if n.op != "QUANTIZE"}
    wide = {model.main.nodes[i].op for i in chosen} - {"CONV_2D"}
    assert {op for op, dtype in widths.items() if dtype is DType.INT16} >= wide
    names = [tensor.name for tensor in integer.main.tensors]
    assert len(names) == len(set(names))
    assert len(layer_sqnr(quantized, samples(8))) >= len(model.main.nodes)
    x = np.random.default_rng(1).integers(-128, 128, (20, 6, 6, 4)).astype(np.int8)
    (ours,), (theirs,) = reference.run(integer, [x], "integer"), litert(integer, [x], "BUILTIN_REF")
    assert np.abs(ours.astype(int) - theirs).max() <= 1
    assert quantized.plan is not None
    assert "joined" in quantized.plan.engine


def test_two_builds_give_the_same_bytes() -> None:
    model = network()
    first, second = (write_tflite(quantize_model(model, recipe(model, 1, 2), samples()).model) for _ in range(2))
    assert first == second


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"symmetric_activations": True}, "symmetric activations"),
        ({"per_channel": False}, "per tensor"),
        ({"scheme": "int16x8", "inputs": "int16", "outputs": "int16"}, "int8 rules in an int16x8 model"),
    ],
)
def test_what_no_engine_joins_is_refused(change: dict[str, Any], message: str) -> None:
    model = network()
    scheme = "int8" if change.get("scheme") else "int16x8"
    rules = (Rule(name=f"^{model.main.node_name(1)}$", scheme=scheme),)
    wrong = dataclasses.replace(Recipe(name="mixed", description="", rules=rules), **change)
    with pytest.raises(ConfigError, match=message):
        quantize_model(model, wrong, samples())


def test_float_beside_both_is_refused() -> None:
    model = network()
    rules = (*recipe(model, 1).rules, Rule(name=f"^{model.main.node_name(2)}$", scheme="float32"))
    with pytest.raises(ConfigError, match="float32 beside int8 and int16x8"):
        quantize_model(model, Recipe(name="mixed", description="", rules=rules), samples())
