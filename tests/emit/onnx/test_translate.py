"""Whole models: numbers against LiteRT, and Q/DQ as TensorRT takes it."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from emit.onnx.judging import conv, judge, onnxruntime_outputs, operators, pointwise, session
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from reference import reference

from packager.config.recipe import Calibration
from packager.config.samples import Samples
from packager.emit.onnx import emit_onnx, missing_ranges
from packager.errors import UnsupportedError
from packager.ir import Activation, GraphBuilder, Model, Padding, QuantParams, read_tflite
from packager.passes import normalise
from packager.quantize import Range
from packager.quantize.calibrate import calibrate
from packager.quantize.dequantize import dequantize

DIGITS = Path(__file__).parents[3] / "examples" / "digits"
RANGE = Range(low=-4, high=4, reason="test")


def wide(model: Model) -> dict[int, Range]:
    return dict.fromkeys(model.main.activations(), RANGE)


def residual_net() -> Model:
    """Padded convolution, depthwise, residual addition with its activation, pooling, dense layer, softmax."""
    rng = np.random.default_rng(5)
    b = GraphBuilder()
    x = b.input("image", (1, 8, 8, 3))
    amounts = np.array([[0, 0], [1, 1], [1, 1], [0, 0]], np.int32)
    padded = b.op("PAD", [x, b.const(amounts)], (1, 10, 10, 3), options="PadOptions")
    weights = rng.normal(size=(4, 3, 3, 3))
    stem = conv(b, padded, weights, rng.normal(size=4), padding=Padding.VALID, activation=Activation.RELU)
    body = pointwise(b, stem, 4)
    added = b.op("ADD", [body, stem], (1, 8, 8, 4), options="AddOptions", fused_activation_function=1)
    axes = b.const(np.array([1, 2], np.int32))
    pooled = b.op("MEAN", [added, axes], (1, 4), options="ReducerOptions")
    inputs = [pooled, b.const(rng.normal(size=(5, 4)).astype(np.float32)), b.const(np.ones(5, np.float32))]
    logits = b.op("FULLY_CONNECTED", inputs, (1, 5), options="FullyConnectedOptions")
    return b.model([b.op("SOFTMAX", [logits], (1, 5), options="SoftmaxOptions", beta=1.0, name="classes")])


class Parsed:
    """An ONNX file with its constants and who makes what."""

    def __init__(self, content: bytes) -> None:
        self.graph = onnx.load_from_string(content).graph
        self.constants = {c.name: onnx.numpy_helper.to_array(c) for c in self.graph.initializer}
        self.maker = {out: node for node in self.graph.node for out in node.output}

    def of(self, *ops: str) -> Iterator[Any]:
        return (node for node in self.graph.node if node.op_type in ops)

    def made_by(self, value: str) -> str:
        return self.maker[value].op_type if value in self.maker else "input"


@pytest.mark.parametrize("name", ["ad01_fp32", "pretrainedResnet", "vww_96_float"])
def test_float_models_give_the_numbers_of_litert(name: str) -> None:
    model = normalise(read_tflite(reference(f"mlperf-tiny/{name}.tflite")))
    content = judge(model, tolerance=1e-5)
    assert operators(content)["Transpose"] <= 1


@pytest.mark.parametrize("name", ["00_yolov8n_full_integer_quant", "01_deeplabv3_mnv2_dm05_pascal_quant"])
def test_large_integer_models_are_transposed_at_their_edges_only(name: str) -> None:
    model, ranges = dequantize(normalise(read_tflite(reference(f"edgetpu/{name}.tflite"))))
    content = emit_onnx(model, ranges, opset=13, quantize=True)
    assert operators(content)["Transpose"] == 2
    (found,) = onnxruntime_outputs(content, [np.zeros(t.dims, np.float32) for t in model.input_types()])
    assert found.shape == model.output_types()[0].dims


@given(
    size=st.tuples(st.integers(5, 9), st.integers(5, 9)),
    kernel=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    stride=st.integers(1, 3),
    dilation=st.integers(1, 2),
    padding=st.sampled_from(Padding),
    seed=st.integers(0, 9),
)
@settings(max_examples=60, deadline=None)
def test_convolutions_of_any_geometry(
    size: tuple[int, int], kernel: tuple[int, int], stride: int, dilation: int, padding: Padding, seed: int
) -> None:
    assume(stride == 1 or dilation == 1)
    rng = np.random.default_rng(seed)
    b = GraphBuilder()
    x = b.input("x", (1, *size, 2))
    weights = rng.normal(size=(3, *kernel, 2))
    model = b.model([conv(b, x, weights, np.ones(3), stride=stride, dilation=dilation, padding=padding)])
    judge(model)


@pytest.fixture(scope="module")
def digits() -> tuple[Model, dict[int, Range]]:
    model = normalise(read_tflite(DIGITS / "digits.tflite"))
    x = np.load(DIGITS / "calibration.npz")["x"].astype(np.float32)
    samples = Samples(arrays={model.input_names()[0]: x})
    return model, calibrate(model, samples, Calibration())


@pytest.mark.parametrize("integer_weights", [False, True])
def test_a_quantized_model_keeps_its_accuracy(digits: tuple[Model, dict[int, Range]], integer_weights: bool) -> None:  # noqa: FBT001 - a parameter
    model, ranges = digits
    held_out = np.load(DIGITS / "evaluation.npz")
    outputs = []
    for quantize in (False, True):
        content = emit_onnx(model, ranges, opset=13, quantize=quantize, integer_weights=integer_weights)
        run = session(content)
        name = run.get_inputs()[0].name
        outputs.append(np.concatenate([run.run(None, {name: x[None].astype(np.float32)})[0] for x in held_out["x"]]))
    found, exact = outputs[1].argmax(1), outputs[0].argmax(1)
    assert (exact == held_out["y"]).mean() > 0.99
    assert (found == exact).mean() > 0.98
    assert (found == held_out["y"]).mean() > (exact == held_out["y"]).mean() - 0.005
    assert not np.array_equal(outputs[0], outputs[1])


@pytest.mark.parametrize("integer_weights", [False, True])
def test_quantization_is_symmetric_and_explicit(integer_weights: bool) -> None:  # noqa: FBT001 - a parameter
    model = residual_net()
    content = emit_onnx(model, wide(model), opset=13, quantize=True, integer_weights=integer_weights)
    parsed = Parsed(content)
    for node in parsed.of("QuantizeLinear", "DequantizeLinear"):
        scale, zero_point = (parsed.constants[name] for name in node.input[1:])
        assert zero_point.dtype == np.int8
        assert not zero_point.any()
        assert scale.shape == zero_point.shape
        assert (scale > 0).all()
        if scale.ndim:
            value = node.input[0] if node.input[0] in parsed.constants else parsed.maker[node.input[0]].input[0]
            assert [(a.name, a.i) for a in node.attribute] == [("axis", 0)]
            assert parsed.constants[value].shape[0] == len(scale)
    assert not [name for name, array in parsed.constants.items() if array.dtype == np.int32]
    for node in parsed.of("Conv", "Gemm"):
        data, weights, bias = node.input
        assert parsed.made_by(data) == parsed.made_by(weights) == "DequantizeLinear"
        assert parsed.constants[bias].dtype == np.float32
        source = parsed.maker[weights].input[0]
        if integer_weights:
            assert parsed.constants[source].dtype == np.int8
        else:
            assert parsed.constants[parsed.maker[source].input[0]].dtype == np.float32


def test_pairs_stand_where_tensorrt_fuses() -> None:
    model = residual_net()
    parsed = Parsed(emit_onnx(model, wide(model), opset=13, quantize=True))
    (add,) = parsed.of("Add")
    assert [parsed.made_by(value) for value in add.input] == ["Conv", "DequantizeLinear"]
    for node in parsed.of("Relu"):
        assert parsed.made_by(node.input[0]) in {"Conv", "Add"}
    assert [parsed.made_by(node.input[0]) for node in parsed.of("GlobalAveragePool")] == ["DequantizeLinear"]
    assert [parsed.made_by(node.input[0]) for node in parsed.of("Softmax")] == ["Gemm"]
    assert parsed.made_by("classes") == "Softmax"
    assert not list(parsed.of("Pad"))
    pads = next(a.ints for a in next(parsed.of("Conv")).attribute if a.name == "pads")
    assert list(pads) == [1, 1, 1, 1]


def test_the_float_form_has_the_same_numbers_and_no_pairs() -> None:
    assert not operators(judge(residual_net())).keys() & {"QuantizeLinear", "DequantizeLinear"}


def test_a_dense_layer_computes_what_its_integers_say() -> None:
    rng = np.random.default_rng(1)
    weights, bias = rng.normal(size=(3, 6)).astype(np.float32), rng.normal(size=3).astype(np.float32)
    b = GraphBuilder()
    x = b.input("x", (1, 6))
    out = b.op("FULLY_CONNECTED", [x, b.const(weights), b.const(bias)], (1, 3), options="FullyConnectedOptions")
    content = emit_onnx(b.model([out]), {x: Range(low=-1, high=3, reason="")}, opset=13, quantize=True)
    sample = rng.uniform(-4, 4, (1, 6)).astype(np.float32)
    step = np.float32(3 / 127)
    scales = np.abs(weights).max(1) / 127
    data = np.clip(np.rint(sample / step), -128, 127)
    wanted = data @ np.rint(weights / scales[:, None]).T * (step * scales) + bias
    np.testing.assert_allclose(onnxruntime_outputs(content, [sample])[0], wanted, rtol=1e-5, atol=1e-5)


def test_scales_that_weights_bring_along_are_used() -> None:
    integers = np.array([[1, -5, 3], [0, 2, -7]], np.int8)
    scales = np.array([0.5, 0.25], np.float32)
    b = GraphBuilder()
    x = b.input("x", (1, 3))
    own = QuantParams(scale=(0.5, 0.25), zero_point=(0, 0), axis=0)
    weights = b.const(integers * scales[:, None], "weights", own)
    model = b.model([b.op("FULLY_CONNECTED", [x, weights], (1, 2), options="FullyConnectedOptions")])
    parsed = Parsed(emit_onnx(model, {x: RANGE}, opset=13, quantize=True, integer_weights=True))
    assert np.array_equal(parsed.constants["weights"], integers)
    assert np.array_equal(parsed.constants["weights/scale"], scales)


def test_operators_can_be_kept_in_float() -> None:
    model = residual_net()
    dense = next(i for i, node in enumerate(model.main.nodes) if node.op == "FULLY_CONNECTED")
    ranges = wide(model)
    del ranges[model.main.nodes[dense].inputs[0]]
    parsed = Parsed(emit_onnx(model, ranges, opset=13, quantize=True, keep_float=frozenset({dense})))
    (gemm,) = parsed.of("Gemm")
    assert parsed.made_by(gemm.input[0]) == "Reshape"
    assert gemm.input[1] in parsed.constants


def test_every_missing_range_is_named() -> None:
    model = residual_net()
    found = [str(d) for d in missing_ranges(model, {})]
    assert len(found) == 5
    assert "CONV_2D #1" in found[0]
    assert "calibration" in found[0]
    with pytest.raises(UnsupportedError, match="5 problems"):
        emit_onnx(model, {}, opset=13, quantize=True)


def test_two_emissions_are_the_same_bytes() -> None:
    one, two = residual_net(), residual_net()
    assert emit_onnx(one, wide(one), opset=13, quantize=True) == emit_onnx(two, wide(two), opset=13, quantize=True)


def test_a_pair_is_shared_by_all_that_read_a_tensor() -> None:
    b = GraphBuilder()
    x = b.input("x", (1, 4, 4, 2))
    model = b.model([pointwise(b, x, 3, seed=1), pointwise(b, x, 3, seed=2)])
    content = emit_onnx(model, wide(model), opset=13, quantize=True)
    assert operators(content)["QuantizeLinear"] == 1 + 2


def test_inputs_and_outputs_keep_names_shapes_and_order() -> None:
    b = GraphBuilder()
    x, y = b.input("first:0", (1, 4, 4, 2)), b.input("second:0", (1, 3))
    image, row = pointwise(b, x, 3), b.op("RELU", [y], (1, 3), name="row")
    model = b.model([row, image, y, row])
    run = session(judge(model))
    assert [(i.name, i.shape) for i in run.get_inputs()] == [("first:0", [1, 4, 4, 2]), ("second:0", [1, 3])]
    assert [(o.name, o.shape) for o in run.get_outputs()] == [
        ("row", [1, 3]),
        (model.output_names()[1], [1, 4, 4, 3]),
        ("second:0_2", [1, 3]),
        ("row_2", [1, 3]),
    ]


def test_tensors_of_one_name_stay_apart() -> None:
    b = GraphBuilder()
    x = b.input("x", (1, 3))
    same = b.op("RELU", [x], (1, 3), name="x")
    out = b.op("NEG", [same], (1, 3), name="x", options="NegOptions")
    model = b.model([out])
    graph = dataclasses.replace(model.main, outputs=(out,))
    judge(model.with_main(graph))
