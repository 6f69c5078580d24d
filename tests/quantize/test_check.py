"""Each promise of an integer model, broken once: the check names the operator and the tensor."""

import dataclasses
import functools

import numpy as np
import pytest
from quantize.tiny import INT8, classifier, samples_for

from packager.config.recipe import Recipe, load_recipe
from packager.ir import DType, GraphBuilder, Model, QuantParams, TensorType
from packager.quantize import Quantized, check_integer, quantize_model

UNIT = QuantParams.per_tensor(0.1)


@functools.cache
def good() -> Quantized:
    model = classifier()
    return quantize_model(model, INT8, samples_for(model))


def retyped(model: Model, t: int, **changes: object) -> Model:
    type_: TensorType = dataclasses.replace(model.main.type_of(t), **changes)  # type: ignore[arg-type]  # its fields
    return model.with_main(
        model.main.with_tensors(lambda i, tensor: dataclasses.replace(tensor, type=type_) if i == t else tensor)
    )


def texts(model: Model, recipe: Recipe = INT8, **options: object) -> list[str]:
    return [str(d) for d in check_integer(model, recipe, **options)]  # type: ignore[arg-type]  # options of the check


def test_a_quantized_model_has_nothing_to_tell() -> None:
    assert texts(good().model) == []


def test_versions_over_the_targets_limit() -> None:
    assert texts(good().model, max_versions={"CONV_2D": 3, "SOFTMAX": 2}) == []
    (text,) = texts(good().model, max_versions={"CONV_2D": 2})
    assert "CONV_2D #0 'conv': is version 3, the target takes 2 at most" in text


def test_a_dynamic_shape() -> None:
    (text,) = texts(retyped(good().model, good().model.main.inputs[0], signature=(-1, 6, 6, 2)))
    assert "'x'" in text
    assert "--input-shape" in text


def test_other_types_at_the_edges() -> None:
    recipe = dataclasses.replace(INT8, inputs="uint8", outputs="float32")
    found = texts(good().model, recipe)
    assert any("input 'x': is int8, not uint8" in text for text in found)
    assert any("output 'probabilities': is int8, not float32" in text for text in found)


def test_a_float_operator_inside() -> None:
    (out,) = good().model.main.nodes[1].outputs
    found = texts(retyped(good().model, out, dtype=DType.FLOAT32, quant=None))
    assert any("DEPTHWISE_CONV_2D #1 'depthwise': stays in float: tensor 'depthwise' is float32" in t for t in found)


def test_a_conversion_inside() -> None:
    b = GraphBuilder()
    x = b.input("x", (1, 2), DType.INT8, UNIT)
    real = b.op("DEQUANTIZE", [x], (1, 2), name="real")
    exp = b.op("EXP", [real], (1, 2), name="exp")
    model = b.model([b.op("QUANTIZE", [exp], (1, 2), dtype=DType.INT8, quant=UNIT, name="back")])
    found = texts(model)
    assert any("DEQUANTIZE #0 'real': converts inside the graph" in text for text in found)
    assert any("EXP #1 'exp': stays in float" in text for text in found)
    assert any("QUANTIZE #2 'back': converts inside the graph" in text for text in found)


def test_converters_at_the_edges_are_asked_for() -> None:
    model = classifier()
    recipe = load_recipe("int8-per-channel-float-io")
    assert texts(quantize_model(model, recipe, samples_for(model)).model, recipe) == []


def test_what_a_rule_leaves_in_float_is_no_fault() -> None:
    model = classifier()
    recipe = load_recipe("int8-float-softmax")
    found = quantize_model(model, recipe, samples_for(model))
    assert texts(found.model, recipe, plan=found.plan) == []
    assert any("SOFTMAX" in text for text in texts(found.model, recipe))


@pytest.mark.parametrize("name", ["float16", "dynamic-int8", "float32"])
def test_schemes_with_float_activations_only_promise_shapes(name: str) -> None:
    model = classifier()
    recipe = load_recipe(name)
    assert texts(model, recipe) == []
    assert texts(retyped(model, 0, signature=(-1, 6, 6, 2)), recipe) != []


def test_class_numbers_at_the_output_have_a_type_of_their_own() -> None:
    b = GraphBuilder()
    x = b.input("x", (1, 4), DType.INT8, UNIT)
    axis = b.const(np.int32(1))
    model = b.model([b.op("ARG_MAX", [x, axis], (1,), options="ArgMaxOptions", dtype=DType.INT64, output_type=4)])
    assert texts(model) == []
