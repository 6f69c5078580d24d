"""The formulas against hand-made numbers, and the comparison against a second way of computing it."""

import dataclasses
import functools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from quantize.tiny import INT8, chain, classifier, samples_for

from packager.config.recipe import load_recipe
from packager.config.samples import Samples
from packager.errors import UnsupportedError
from packager.figure import Basis, Figure
from packager.ir import write_tflite
from packager.quantize import Quantized, quantize_model
from packager.quantize.fidelity import (
    LIMIT_DB,
    accuracy,
    agreement,
    compare,
    layer_sqnr,
    named_worst,
    predicted,
    real_outputs,
    sqnr_db,
    worst_layers,
)
from packager.quantize.trace import PLAIN, runs

MODEL = classifier()
SAMPLES = samples_for(MODEL, 40, labels=True)


@functools.cache
def made(edge: str = "int8") -> Quantized:
    return quantize_model(MODEL, INT8, SAMPLES, inputs=edge, outputs=edge)


def figures(quantized: Quantized, samples: Samples = SAMPLES, arithmetic: str = "xnnpack") -> tuple[Figure, ...]:
    reference = None if quantized.float_model is None else real_outputs(quantized.float_model, samples)
    actual = real_outputs(quantized.model, samples, arithmetic)
    return compare(reference, actual, samples.labels, quantized.model, source=f"{arithmetic}, {samples.source}")


def test_the_formulas() -> None:
    outputs = np.array([[0.1, 0.7, 0.2], [0.5, 0.5, 0.0], [0.0, 0.1, 0.9], [0.6, 0.3, 0.1]])
    np.testing.assert_array_equal(predicted(outputs), [1, 0, 2, 0])
    assert accuracy(outputs, np.array([1, 1, 2, 0])) == 75
    other = outputs.copy()
    other[0] = [0.9, 0.05, 0.05]
    assert agreement(outputs, other) == 0.75
    assert sqnr_db(np.array([3.0, 4.0]), np.array([3.0, 3.5])) == pytest.approx(10 * math.log10(25 / 0.25))


def test_a_single_output_is_a_probability() -> None:
    np.testing.assert_array_equal(predicted(np.array([[0.2], [0.5], [0.9]])), [0, 1, 1])


@given(st.floats(1e-3, 1e3), st.floats(1e-4, 1))
def test_sqnr_is_the_ratio_of_a_scaled_copy(size: float, part: float) -> None:
    signal = np.linspace(-size, size, 11)
    expected = min(-20 * math.log10(part), LIMIT_DB)
    assert sqnr_db(signal, signal * (1 - part)) == pytest.approx(expected, abs=1e-6)


def test_equal_arrays_end_at_the_limit() -> None:
    assert sqnr_db([1.0], [1.0]) == sqnr_db([0.0], [0.0]) == LIMIT_DB
    assert sqnr_db([0.0], [1.0]) == -LIMIT_DB


def test_every_figure_comes_with_its_source() -> None:
    found = figures(made())
    values = {figure.name: figure.value for figure in found}
    assert list(values) == [
        "accuracy.float", "accuracy.quantized", "accuracy.drop", "fidelity.argmax_agreement", "fidelity.sqnr_db",
    ]  # fmt: skip
    (before,), (after,) = real_outputs(MODEL, SAMPLES), real_outputs(made().model, SAMPLES)
    assert SAMPLES.labels is not None
    assert values["accuracy.float"] == np.mean(before.argmax(1) == SAMPLES.labels) * 100
    assert values["accuracy.drop"] == pytest.approx(values["accuracy.float"] - values["accuracy.quantized"])
    assert values["fidelity.argmax_agreement"] == np.mean(before.argmax(1) == after.argmax(1))
    expected = 10 * np.log10(np.sum(before.astype(float) ** 2) / np.sum((before.astype(float) - after) ** 2))
    assert values["fidelity.sqnr_db"] == pytest.approx(expected, rel=1e-6)
    assert all(figure.basis is Basis.MEASURED for figure in found)
    assert all(figure.source == "xnnpack, inputs.npz" for figure in found)


def test_without_labels_there_is_no_accuracy() -> None:
    names = {f.name for f in figures(made(), dataclasses.replace(SAMPLES, labels=None))}
    assert names == {"fidelity.argmax_agreement", "fidelity.sqnr_db"}


def test_an_integer_source_has_its_own_accuracy_only() -> None:
    source = quantize_model(made().model, INT8)
    (figure,) = figures(source)
    assert figure.name == "accuracy.quantized"
    assert figure.value == {f.name: f.value for f in figures(made())}["accuracy.quantized"]


def test_both_arithmetics() -> None:
    for arithmetic in ("xnnpack", "integer"):
        found = figures(made(), arithmetic=arithmetic)
        assert next(f.value for f in found if f.name == "fidelity.sqnr_db") > 20


@pytest.mark.parametrize("edge", ["int8", "uint8", "float32"])
def test_every_layer_is_matched_whatever_the_edges(edge: str) -> None:
    graph = made(edge).model.main
    layers = layer_sqnr(made(edge), SAMPLES.head(4))
    assert {graph.nodes[i].op for i in layers} == {node.op for node in MODEL.main.nodes}
    assert len(layers) == len(MODEL.main.nodes)


def test_a_layers_ratio_is_that_of_its_output_tensor() -> None:
    model, samples = made().model, SAMPLES.head(4)
    layers = layer_sqnr(made(), samples)
    (t,), (q,) = MODEL.main.nodes[0].outputs, model.main.nodes[0].outputs
    type_ = model.main.type_of(q)
    assert type_.quant is not None
    inputs = samples.arrays["x"]
    exact = [read(t) for read in runs(write_tflite(MODEL), [inputs], PLAIN, keep=True)]
    integers = model.input_types()[0].quant
    assert integers is not None
    blob = write_tflite(model)
    coarse = [
        type_.quant.dequantize(read(q)) for read in runs(blob, [integers.quantize(inputs, np.int8)], PLAIN, keep=True)
    ]
    assert layers[0] == pytest.approx(sqnr_db(np.concatenate(exact), np.concatenate(coarse)), abs=1e-4)


def test_the_worst_layers_are_named_worst_first() -> None:
    layers = layer_sqnr(made(), SAMPLES)
    worst = worst_layers(layers)
    assert [layers[i] for i in worst] == sorted(layers.values())[:3]
    (note,) = named_worst(made().model, layers)
    assert made().model.main.where(worst[0]) in note.message


def test_a_float_model_has_no_worst_layer() -> None:
    plain = quantize_model(MODEL, load_recipe("float32"))
    layers = layer_sqnr(plain, SAMPLES)
    assert set(layers.values()) == {LIMIT_DB}
    assert named_worst(plain.model, layers) == ()


def test_no_agreement_where_no_classes_are_told_apart() -> None:
    model = chain("RELU")
    samples = dataclasses.replace(samples_for(model), labels=None)
    names = {f.name for f in figures(quantize_model(model, INT8, samples), samples)}
    assert "fidelity.sqnr_db" in names


def test_a_model_that_litert_refuses() -> None:
    model = chain("RELU")
    node = dataclasses.replace(model.main.nodes[0], op="CUSTOM", custom_code="Unheard")
    broken = model.with_main(dataclasses.replace(model.main, nodes=(node,)))
    with pytest.raises(UnsupportedError, match=r"chain: LiteRT can't run it: .*Unheard"):
        real_outputs(broken, samples_for(model))
