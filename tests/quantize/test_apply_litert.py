"""LiteRT's quantizer with our ranges: the same bytes as with its own, and the scales that the arithmetic asks for."""

import dataclasses
import signal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from quantize.feeding import feed_and_quantize
from quantize.tiny import INT8, chain, classifier, conv, samples_for

from packager.config.recipe import Calibration, Recipe
from packager.config.samples import Samples
from packager.errors import ToolError, UnsupportedError
from packager.ir import GraphBuilder, Model, Tensor, difference, read_tflite_bytes, write_tflite
from packager.quantize import Range
from packager.quantize.apply_litert import apply_litert, bounds
from packager.quantize.calibrate import calibrate
from packager.quantize.plan import make_plan, with_ranges
from packager.util.child import call

WIDE = Recipe(name="int16x8", description="", scheme="int16x8", inputs="int16", outputs="int16")


def quantized(model: Model, recipe: Recipe, samples: Samples) -> Model:
    plan = with_ranges(make_plan(model, recipe), model, calibrate(model, samples, Calibration()))
    return apply_litert(model, recipe, plan)


def by_its_own_calibration(model: Model, samples: Samples, recipe: Recipe) -> Model:
    activation, bias = ("i2", "i8") if recipe.scheme == "int16x8" else ("i1", "i4")
    types = (recipe.inputs, recipe.outputs, activation, bias)
    blob = call(
        feed_and_quantize, write_tflite(model), list(samples.arrays.values()), types, not recipe.per_channel_dense
    )
    return read_tflite_bytes(blob)


def bare(model: Model) -> Model:
    """Without what the two ways may differ in: ranges left in the file, operator versions."""

    def strip(_: int, tensor: Tensor) -> Tensor:
        quant = tensor.type.quant
        if quant is not None:
            quant = dataclasses.replace(quant, minimum=None, maximum=None)
        return dataclasses.replace(tensor, type=dataclasses.replace(tensor.type, quant=quant))

    nodes = tuple(dataclasses.replace(node, version=0) for node in model.main.nodes)
    return model.with_main(dataclasses.replace(model.main.with_tensors(strip), nodes=nodes))


@pytest.mark.parametrize(
    "recipe",
    [
        INT8,
        dataclasses.replace(INT8, inputs="uint8", outputs="uint8"),
        dataclasses.replace(INT8, inputs="float32", outputs="float32"),
        dataclasses.replace(INT8, inputs="uint8", outputs="float32"),
        dataclasses.replace(INT8, per_channel_dense=False),
        WIDE,
    ],
    ids=["int8", "uint8 edges", "float edges", "mixed edges", "dense per tensor", "int16x8"],
)
def test_our_ranges_give_the_model_that_its_own_calibration_gives(recipe: Recipe) -> None:
    model = classifier()
    samples = samples_for(model, 20)
    ours = quantized(model, recipe, samples)
    assert difference(bare(ours), bare(by_its_own_calibration(model, samples, recipe))) is None


def residual() -> Model:
    """Two convolutions of one tensor, added: the sum may be computed in place."""
    b = GraphBuilder()
    x = b.input("x", (1, 6, 6, 2))
    left = conv(b, x, 4, (1, 6, 6, 4), seed=1, name="left", relu=False)
    right = conv(b, x, 4, (1, 6, 6, 4), seed=2, name="right", relu=False)
    return b.model([b.op("ADD", [left, right], (1, 6, 6, 4), options="AddOptions", name="sum")])


def test_ranges_before_an_addition_are_those_of_its_operands() -> None:
    """LiteRT's own calibration reads them after an addition in place; ours are what the layers compute."""
    model = residual()
    samples = samples_for(model, 20)
    ours = quantized(model, INT8, samples)
    ranges = calibrate(model, samples, Calibration())
    for name in ("left", "right"):
        (t,) = [i for i, tensor in enumerate(model.main.tensors) if tensor.name == name]
        (q,) = [tensor for tensor in ours.main.tensors if tensor.name == name]
        assert q.type.scale == pytest.approx((ranges[t].high - ranges[t].low) / 255, rel=1e-6)


def test_weights_bias_and_types_follow_the_specification() -> None:
    model = classifier()
    found = quantized(model, INT8, samples_for(model))
    graph = found.main
    layer = graph.nodes[0]
    data, weights, bias = (graph.type_of(t) for t in layer.inputs)
    assert (data.dtype, weights.dtype, bias.dtype) == ("int8", "int8", "int32")
    assert weights.quant is not None
    assert bias.quant is not None
    assert len(weights.quant.scale) == 4
    assert set(weights.quant.zero_point) == {0}
    products = data.scale * weights.quant.scales().astype(np.float64)
    np.testing.assert_allclose(bias.quant.scales(), products, rtol=1e-6)
    original = model.main.tensors[model.main.nodes[0].inputs[1]].data
    stored = graph.tensors[layer.inputs[1]].data
    assert original is not None
    assert stored is not None
    np.testing.assert_array_equal(stored, weights.quant.quantize(original, np.int8))
    largest = np.abs(original).reshape(4, -1).max(axis=1)
    np.testing.assert_allclose(weights.quant.scales(), largest / 127, rtol=1e-6)


def test_nothing_of_the_ranges_stays_in_the_file() -> None:
    model = classifier()
    found = quantized(model, INT8, samples_for(model))
    assert all(t.type.quant is None or t.type.quant.minimum is None for t in found.main.tensors)


def test_symmetric_activations_have_zero_point_0() -> None:
    model = classifier()
    recipe = dataclasses.replace(INT8, symmetric_activations=True)
    found = quantized(model, recipe, samples_for(model))
    graph = found.main
    types = [graph.type_of(t) for node in graph.nodes if node.op != "SOFTMAX" for t in node.outputs]
    assert {t.zero_point for t in (*types, found.input_types()[0])} == {0}


def one_layer(low: float, high: float, recipe: Recipe) -> Model:
    model = chain("RELU")
    plan = make_plan(model, recipe)
    ranges = {0: Range(low=low, high=high, reason=""), 1: Range(low=0, high=high, reason="")}
    return apply_litert(model, recipe, with_ranges(plan, model, ranges))


@pytest.mark.parametrize(
    ("low", "high"), [(-1.0, 1.0), (0.0, 6.0), (-3.0, 0.0), (-0.001, 12.5), (-1e4, 1e-3), (0.0, 0.0)]
)
def test_scale_and_zero_point_of_a_range(low: float, high: float) -> None:
    type_ = one_layer(low, high, INT8).input_types()[0]
    low, high = (0.0, 1.0) if low == high else (low, high)
    assert type_.scale == pytest.approx((high - low) / 255, rel=1e-6)
    assert abs(type_.zero_point - (-128 - low / type_.scale)) <= 0.5 + 1e-3
    assert -128 <= type_.zero_point <= 127


def test_int16_activations_are_symmetric() -> None:
    type_ = one_layer(-1.0, 4.0, WIDE).input_types()[0]
    assert (type_.dtype, type_.zero_point) == ("int16", 0)
    assert type_.scale == pytest.approx(4 / 32767, rel=1e-6)


magnitudes = st.floats(1e-6, 1e6)


@settings(max_examples=200)
@given(magnitudes, magnitudes, st.sampled_from([127, 32767]))
def test_symmetric_bounds_give_scale_by_the_larger_side_and_zero_point_0(low: float, high: float, top: int) -> None:
    least, most = bounds(Range(low=-low, high=high, reason=""), top, symmetric=True)
    scale = (most - least) / (2 * top + 1)
    assert scale == pytest.approx(max(low, high) / top)
    assert round(-top - 1 - least / scale) == 0


def test_an_operator_without_integer_form_is_named_with_its_place() -> None:
    model = chain("RELU", "ELU")
    with pytest.raises(UnsupportedError) as caught:
        quantized(model, INT8, samples_for(model))
    assert "ELU #1 'elu_1' has no integer form" in str(caught.value)
    assert "rule" in caught.value.hint


def test_a_crash_of_the_quantizer_is_an_unsupported_model(monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: object) -> None:
        raise ToolError(f"quantize_blob crashed with {signal.SIGSEGV.name}", details="last words")

    model = classifier()
    plan = make_plan(model, INT8)
    monkeypatch.setattr("packager.quantize.apply_litert.call", crash)
    with pytest.raises(UnsupportedError, match="classifier: LiteRT's quantizer crashed with SIGSEGV") as caught:
        apply_litert(model, INT8, plan)
    assert caught.value.details == "last words"


def test_a_model_of_several_graphs_is_refused_before_it_crashes_anything() -> None:
    b = GraphBuilder()
    x = b.input("x", (1, 2))
    y = b.op("WHILE", [x], (1, 2), options="WhileOptions", name="loop", cond_subgraph_index=1, body_subgraph_index=1)
    body = chain("RELU")
    model = dataclasses.replace(b.model([y], "looped"), graphs=(b.graph([y]), body.main))
    with pytest.raises(UnsupportedError, match="looped: WHILE #0 'loop'"):
        apply_litert(model, INT8, make_plan(model, INT8))


def test_the_private_binding_is_where_this_release_has_it() -> None:
    """The binding moves without notice: when this fails, pin ai-edge-litert or follow it."""
    import ai_edge_litert._pywrap_tensorflow_lite_calibration_wrapper as binding

    assert {"Prepare", "FeedTensor", "QuantizeModel"} <= set(dir(binding.CalibrationWrapper))
