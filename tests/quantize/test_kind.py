"""Float, integer and in between are told apart by what the operators compute in."""

import dataclasses

import numpy as np
import pytest
from quantize.tiny import INT8, classifier, samples_for
from reference import ROOT, reference

from packager.config.recipe import load_recipe
from packager.errors import UnsupportedError
from packager.ir import DType, GraphBuilder, QuantParams, read_tflite
from packager.quantize import Kind, kind_of, quantize_model
from packager.quantize.kind import refuse_half


def test_a_float_model() -> None:
    assert kind_of(classifier()) is Kind.FLOAT


@pytest.mark.parametrize("edge", ["int8", "uint8", "float32"])
def test_an_integer_model_whatever_its_edges(edge: str) -> None:
    model = classifier()
    recipe = dataclasses.replace(INT8, inputs=edge, outputs=edge)
    assert kind_of(quantize_model(model, recipe, samples_for(model)).model) is Kind.INTEGER


@pytest.mark.parametrize("recipe", ["dynamic-int8", "float16", "int8-float-softmax"])
def test_half_quantized_models_are_refused_by_name(recipe: str) -> None:
    model = classifier()
    half = quantize_model(model, load_recipe(recipe), samples_for(model)).model
    if recipe == "int8-float-softmax":  # its softmax writes the model's output, from a tensor inside
        assert [n.op for n in half.main.nodes][-2:] == ["DEQUANTIZE", "SOFTMAX"]
    assert kind_of(half) is Kind.HALF
    with pytest.raises(UnsupportedError) as caught:
        refuse_half(half)
    assert "classifier: neither a float nor an integer model" in str(caught.value)
    assert "#" in str(caught.value)
    assert "float model" in caught.value.hint


def test_the_first_offenders_are_named_and_the_rest_counted() -> None:
    b = GraphBuilder()
    y = b.input("x", (1, 2))
    for i in range(5):
        weights = b.const(np.ones((2, 2), np.int8), f"w{i}", QuantParams.per_tensor(0.1))
        y = b.op("FULLY_CONNECTED", [y, weights], (1, 2), name=f"dense_{i}", options="FullyConnectedOptions")
    with pytest.raises(UnsupportedError) as caught:
        refuse_half(b.model([y]))
    text = str(caught.value)
    assert "FULLY_CONNECTED #0 'dense_0': has int8 'w0' beside float32 'x'" in text
    assert "'dense_3'" not in text
    assert "and 2 more" in text


def test_legacy_uint8_counts_as_integer() -> None:
    b = GraphBuilder()
    unit = QuantParams.per_tensor(0.1, 128)
    x = b.input("x", (1, 2), DType.UINT8, unit)
    assert kind_of(b.model([b.op("RELU", [x], (1, 2), dtype=DType.UINT8, quant=unit)])) is Kind.INTEGER


@pytest.mark.parametrize("path", sorted(ROOT.glob("edgetpu/*.tflite")), ids=lambda p: p.stem)
def test_models_that_the_edge_tpu_compiler_took_are_integer(path: object) -> None:
    assert kind_of(read_tflite(path)) is Kind.INTEGER  # type: ignore[arg-type]  # a Path


@pytest.mark.parametrize(
    ("name", "kind"),
    [("ad01_fp32", Kind.FLOAT), ("vww_96_float", Kind.FLOAT), ("kws_ref_model", Kind.INTEGER)],
)
def test_reference_models(name: str, kind: Kind) -> None:
    assert kind_of(read_tflite(reference(f"mlperf-tiny/{name}.tflite"))) is kind
