"""Versions agree with those that LiteRT's own quantizer writes, and rise where ai-edge-quantizer leaves 1."""

import dataclasses

import pytest
from quantize.tiny import INT8, classifier, samples_for

from packager.config.recipe import Recipe
from packager.ir import DType, GraphBuilder, Model, QuantParams
from packager.passes.operator_versions import OperatorVersions, needed_version
from packager.quantize import quantize_model
from packager.rewrite import apply_passes

UNIT = QuantParams.per_tensor(0.5)
CHANNELS = QuantParams(scale=(0.5, 0.25), zero_point=(0, 0))


def with_versions(model: Model, version: int) -> Model:
    nodes = tuple(dataclasses.replace(node, version=version) for node in model.main.nodes)
    return model.with_main(dataclasses.replace(model.main, nodes=nodes))


def versions(model: Model) -> list[tuple[str, int]]:
    return [(node.op, node.version) for node in model.main.nodes]


@pytest.mark.parametrize("edge", ["int8", "uint8", "float32"])
def test_int8_versions_are_those_of_litert_s_quantizer(edge: str) -> None:
    model = classifier()
    recipe = dataclasses.replace(INT8, inputs=edge, outputs=edge)
    quantized = quantize_model(model, recipe, samples_for(model)).model
    assert dict(versions(quantized))["CONV_2D"] == 3
    assert versions(apply_passes(with_versions(quantized, 1), [OperatorVersions()])) == versions(quantized)


def test_int16_activations_get_versions_of_their_own() -> None:
    model = classifier()
    recipe = Recipe(name="r", description="", scheme="int16x8", inputs="int16", outputs="int16")
    found = dict(versions(quantize_model(model, recipe, samples_for(model)).model))
    assert found == {"CONV_2D": 4, "DEPTHWISE_CONV_2D": 5, "MEAN": 3, "FULLY_CONNECTED": 7, "SOFTMAX": 3}


def test_a_version_is_never_lowered() -> None:
    model = with_versions(classifier(), 9)
    assert apply_passes(model, [OperatorVersions()]) is model


def weighted(op: str, data: DType, weights: DType, quant: QuantParams | None, *, bias: bool = True) -> int:
    b = GraphBuilder()
    x = b.input("x", (1, 2), data, UNIT if data.is_integer else None)
    w = b.tensor("w", (2, 2), weights, quant)
    extra = [b.tensor("b", (2,))] if bias else []
    b.op(op, [x, w, *extra], (1, 2), dtype=data, quant=UNIT if data.is_integer else None)
    graph = b.graph([])
    return needed_version(graph, graph.nodes[0])


@pytest.mark.parametrize(
    ("op", "data", "weights", "quant", "version"),
    [
        ("CONV_2D", DType.FLOAT32, DType.FLOAT32, None, 1),
        ("CONV_2D", DType.FLOAT32, DType.INT8, UNIT, 2),
        ("CONV_2D", DType.FLOAT32, DType.INT8, CHANNELS, 5),
        ("DEPTHWISE_CONV_2D", DType.FLOAT32, DType.INT8, UNIT, 4),
        ("DEPTHWISE_CONV_2D", DType.FLOAT32, DType.INT8, CHANNELS, 6),
        ("FULLY_CONNECTED", DType.FLOAT32, DType.INT8, UNIT, 3),
        ("FULLY_CONNECTED", DType.FLOAT32, DType.INT8, CHANNELS, 12),
        ("FULLY_CONNECTED", DType.INT8, DType.INT8, UNIT, 4),
        ("FULLY_CONNECTED", DType.UINT8, DType.UINT8, UNIT, 1),
    ],
)
def test_types_of_data_and_weights_decide(
    op: str, data: DType, weights: DType, quant: QuantParams | None, version: int
) -> None:
    assert weighted(op, data, weights, quant) == version


def test_a_dense_layer_without_bias_is_version_6() -> None:
    assert weighted("FULLY_CONNECTED", DType.INT8, DType.INT8, UNIT, bias=False) == 6


@pytest.mark.parametrize(
    ("given", "made", "version"),
    [(DType.INT8, DType.FLOAT32, 2), (DType.INT16, DType.FLOAT32, 3), (DType.FLOAT16, DType.FLOAT32, 3)],
)
def test_dequantize(given: DType, made: DType, version: int) -> None:
    b = GraphBuilder()
    x = b.input("x", (1, 2), given, UNIT if given.is_integer else None)
    b.op("DEQUANTIZE", [x], (1, 2), dtype=made)
    graph = b.graph([])
    assert needed_version(graph, graph.nodes[0]) == version


def relu_model(version: int, shape: tuple[int, ...] = (1, 4)) -> Model:
    b = GraphBuilder()
    x = b.input("x", shape, DType.INT8, UNIT)
    return b.model([b.op("RELU", [x], shape, dtype=DType.INT8, quant=UNIT, version=version)])


def test_what_a_reader_would_refuse_is_lowered_where_types_allow() -> None:
    lower = OperatorVersions(newest={"RELU": 3})
    assert versions(apply_passes(relu_model(9), [lower])) == [("RELU", 2)]
    assert versions(apply_passes(relu_model(3), [lower])) == [("RELU", 3)]
    assert versions(apply_passes(relu_model(1), [lower])) == [("RELU", 1)]


def test_what_versions_hang_on_unknown_things_stays() -> None:
    lower = OperatorVersions(newest={"RELU": 3, "RESIZE_BILINEAR": 2, "CUMSUM": 1})
    assert versions(apply_passes(relu_model(9, (1, 1, 2, 2, 2)), [lower])) == [("RELU", 9)]
    b = GraphBuilder()
    x = b.input("x", (1, 2, 2, 1), DType.INT8, UNIT)
    size = b.const([4, 4])
    t = b.op(
        "RESIZE_BILINEAR",
        [x, size],
        (1, 4, 4, 1),
        options="ResizeBilinearOptions",
        half_pixel_centers=True,
        dtype=DType.INT8,
        quant=UNIT,
        version=3,
    )
    model = b.model([b.op("CUMSUM", [t], (1, 4, 4, 1), dtype=DType.INT8, quant=UNIT, version=2)])
    assert versions(apply_passes(model, [lower])) == [("RESIZE_BILINEAR", 3), ("CUMSUM", 2)]
