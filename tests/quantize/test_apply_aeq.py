"""Float16, dynamic range and mixed models: what is stored, what computes, and that it runs near the float model."""

import dataclasses
import functools

import numpy as np
import pytest
from quantize.tiny import INT8, chain, classifier, samples_for

from packager.config.recipe import Recipe, Rule, load_recipe
from packager.errors import UnsupportedError
from packager.ir import DType, Model
from packager.quantize import Quantized, quantize_model
from packager.quantize.fidelity import real_outputs, sqnr_db

MODEL = classifier()
SAMPLES = samples_for(MODEL, 30)


@functools.cache
def made(recipe: Recipe) -> Quantized:
    return quantize_model(MODEL, recipe, SAMPLES)


def types(model: Model) -> dict[str, str]:
    """Operator to the type of its result."""
    return {node.op: model.main.type_of(node.outputs[0]).dtype.value for node in model.main.nodes}


def weights(model: Model) -> dict[str, DType]:
    graph = model.main
    return {node.op: graph.type_of(node.inputs[1]).dtype for node in graph.nodes if len(node.inputs) == 3}


def error_db(found: Quantized) -> float:
    (reference,), (actual,) = real_outputs(MODEL, SAMPLES), real_outputs(found.model, SAMPLES)
    return sqnr_db(reference, actual)


def test_float16_halves_the_weights_and_computes_in_float() -> None:
    found = made(load_recipe("float16"))
    stored = {t.type.dtype for t in found.model.main.tensors if t.is_constant and t.type.dtype.is_float}
    assert DType.FLOAT16 in stored
    assert all(n.version == 3 for n in found.model.main.nodes if n.op == "DEQUANTIZE")
    assert error_db(found) > 50
    assert found.plan is not None
    assert found.plan.ranges == {}


def test_dynamic_range_has_int8_weights_and_float_activations() -> None:
    found = made(load_recipe("dynamic-int8"))
    assert set(types(found.model).values()) == {"float32"}
    assert found.model.main.type_of(found.model.main.nodes[0].inputs[1]).dtype == "int8"
    versions = {node.op: node.version for node in found.model.main.nodes}
    assert versions["CONV_2D"] == 5
    assert versions["FULLY_CONNECTED"] in {3, 9}
    assert error_db(found) > 20


def test_a_rule_leaves_one_operator_in_float() -> None:
    found = made(load_recipe("int8-float-softmax"))
    kinds = types(found.model)
    assert kinds["SOFTMAX"] == "float32"
    assert kinds["CONV_2D"] == kinds["FULLY_CONNECTED"] == "int8"
    assert [n.op for n in found.model.main.nodes].count("DEQUANTIZE") == 1
    assert {n.op: n.version for n in found.model.main.nodes}["CONV_2D"] == 3
    assert error_db(found) > 20


def test_a_float_layer_in_the_middle_is_wrapped_in_conversions() -> None:
    recipe = dataclasses.replace(INT8, rules=(Rule(op="DEPTHWISE_CONV_2D", scheme="float32"),))
    ops = [node.op for node in made(recipe).model.main.nodes]
    at = ops.index("DEPTHWISE_CONV_2D")
    assert ops[at - 1 : at + 2] == ["DEQUANTIZE", "DEPTHWISE_CONV_2D", "QUANTIZE"]


def test_per_tensor_weights_for_depthwise_too() -> None:
    found = made(dataclasses.replace(INT8, per_channel=False, per_channel_dense=False)).model
    for node in found.main.nodes:
        if node.op in {"CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"}:
            quant = found.main.type_of(node.inputs[1]).quant
            assert quant is not None
            assert len(quant.scale) == 1


def test_our_ranges_reach_the_file() -> None:
    recipe = load_recipe("int8-float-softmax")
    found = made(recipe)
    assert found.plan is not None
    asked = found.plan.ranges[MODEL.main.inputs[0]]
    assert found.model.input_types()[0].scale == pytest.approx((asked.high - asked.low) / 255, rel=1e-5)
    assert np.abs(asked.low - SAMPLES.arrays["x"].min()) < 1e-6


@pytest.mark.parametrize("edge", ["uint8", "float32"])
def test_edges_of_mixed_models(edge: str) -> None:
    recipe = dataclasses.replace(INT8, inputs=edge, outputs="float32", rules=(Rule(op="SOFTMAX", scheme="float32"),))
    assert made(recipe).model.input_types()[0].dtype == edge


def test_an_operator_that_the_library_silently_leaves_in_float_is_refused() -> None:
    model = chain("RELU", "ELU", "LOGISTIC")
    recipe = dataclasses.replace(INT8, outputs="float32", rules=(Rule(op="LOGISTIC", scheme="float32"),))
    with pytest.raises(UnsupportedError, match=r"ELU .*'elu_1': stays in float"):
        quantize_model(model, recipe, samples_for(model))
