"""Lowerings of convolutions and pools against onnxruntime, over the attributes that change what they emit."""

from typing import Any

import numpy as np
import pytest
from frontends._onnx.graphs import lowered, model_of, node, noise, ops

from packager.frontends._onnx.graph import UnloweredError

IMAGE: dict[str, list[int | str]] = {"x": [1, 4, 9, 8]}


def conv(*, out: int = 6, kernel: tuple[int, ...] = (3, 3), group: int = 1, bias: bool = True, **attrs: Any) -> Any:
    constants = {"w": noise(out, 4 // group, *kernel)} | ({"b": noise(out)} if bias else {})
    return model_of([node("Conv", "x w b" if bias else "x w", "y", group=group, **attrs)], IMAGE, constants)


CONVOLUTIONS = [
    ({}, ["CONV_2D"]),
    ({"bias": False}, ["CONV_2D"]),
    ({"pads": [1, 1, 1, 1]}, ["CONV_2D"]),
    ({"pads": [1, 1, 1, 1], "strides": [2, 2]}, ["PAD", "CONV_2D"]),
    ({"pads": [2, 0, 1, 3]}, ["PAD", "CONV_2D"]),
    ({"auto_pad": "SAME_UPPER", "strides": [2, 2]}, ["CONV_2D"]),
    ({"auto_pad": "SAME_LOWER", "strides": [1, 2]}, ["PAD", "CONV_2D"]),
    ({"auto_pad": "VALID", "strides": [2, 1]}, ["CONV_2D"]),
    ({"dilations": [2, 2], "pads": [2, 2, 2, 2]}, ["CONV_2D"]),
    ({"kernel": (1, 1), "strides": [2, 2]}, ["CONV_2D"]),
    ({"kernel": (5, 2), "pads": [2, 0, 2, 1]}, ["CONV_2D"]),
    ({"out": 4, "group": 4, "pads": [1, 1, 1, 1]}, ["DEPTHWISE_CONV_2D"]),
    ({"out": 8, "group": 4}, ["DEPTHWISE_CONV_2D"]),
    ({"out": 6, "group": 2, "pads": [1, 1, 1, 1]}, ["CONV_2D"]),
    ({"out": 4, "group": 4, "dilations": [2, 1], "strides": [1, 1]}, ["DEPTHWISE_CONV_2D"]),
]


@pytest.mark.parametrize(("attrs", "wanted"), CONVOLUTIONS, ids=[str(a) for a, _ in CONVOLUTIONS])
def test_convolution(attrs: dict[str, Any], wanted: list[str]) -> None:
    assert ops(lowered(conv(**attrs))) == wanted


def test_convolution_over_one_axis() -> None:
    model = model_of(
        [
            node("Conv", "x w", "h", pads=[2, 2]),
            node("Relu", "h", "r"),
            node("MaxPool", "r", "y", kernel_shape=[2]),
        ],
        {"x": [1, 3, 20]},
        {"w": noise(5, 3, 5)},
    )
    result = lowered(model)
    assert result.input_types()[0].dims == (1, 20, 3)
    assert ops(result) == ["RESHAPE", "CONV_2D", "MAX_POOL_2D", "RESHAPE"]


@pytest.mark.parametrize(
    "attrs",
    [
        {},
        {"strides": [2, 2]},
        {"strides": [2, 2], "pads": [1, 1, 1, 1], "output_padding": [1, 1]},
        {"strides": [2, 2], "pads": [1, 0, 0, 1]},
        {"kernel_shape": [3, 3], "strides": [3, 2], "pads": [0, 1, 0, 1]},
    ],
    ids=str,
)
def test_transposed_convolution(attrs: dict[str, Any]) -> None:
    nodes = [node("ConvTranspose", "x w b", "y", **attrs)]
    model = lowered(model_of(nodes, IMAGE, {"w": noise(4, 5, 3, 3), "b": noise(5)}))
    assert ops(model)[0] == "TRANSPOSE_CONV"


@pytest.mark.parametrize(
    ("attrs", "wanted"),
    [
        ({}, ["MAX_POOL_2D"]),
        ({"strides": [2, 2]}, ["MAX_POOL_2D"]),
        ({"strides": [2, 2], "pads": [1, 1, 1, 1]}, ["MIRROR_PAD", "MAX_POOL_2D"]),
        ({"strides": [2, 2], "ceil_mode": 1}, ["MIRROR_PAD", "MAX_POOL_2D"]),
        ({"strides": [1, 1], "pads": [1, 1, 1, 1]}, ["MAX_POOL_2D"]),
        ({"strides": [2, 2], "auto_pad": "SAME_UPPER"}, ["MAX_POOL_2D"]),
    ],
    ids=str,
)
def test_maximum_pool_of_any_sign(attrs: dict[str, Any], wanted: list[str]) -> None:
    nodes = [node("MaxPool", "x", "y", kernel_shape=[3, 3], **attrs)]
    assert ops(lowered(model_of(nodes, IMAGE))) == wanted


def test_padding_a_maximum_adds_nothing_to_its_range() -> None:
    """Zeros around what is never negative, its mirror image around anything else; never minus infinity."""
    pool = node("MaxPool", "h", "y", kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
    assert ops(lowered(model_of([node("Relu", "x", "h"), pool], IMAGE))) == ["RELU", "PAD", "MAX_POOL_2D"]
    assert ops(lowered(model_of([node("Tanh", "x", "h"), pool], IMAGE))) == ["TANH", "MIRROR_PAD", "MAX_POOL_2D"]


@pytest.mark.parametrize(
    "attrs",
    [
        {},
        {"strides": [2, 2]},
        {"pads": [1, 1, 1, 1]},
        {"pads": [1, 1, 1, 1], "count_include_pad": 1},
        {"strides": [2, 2], "pads": [1, 1, 1, 1], "count_include_pad": 1},
        {"auto_pad": "SAME_UPPER", "strides": [2, 2]},
    ],
    ids=str,
)
def test_average_pool(attrs: dict[str, Any]) -> None:
    lowered(model_of([node("AveragePool", "x", "y", kernel_shape=[3, 3], **attrs)], IMAGE))


def test_average_that_leaves_odd_padding_out_has_no_lowering() -> None:
    nodes = [node("AveragePool", "x", "y", kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])]
    with pytest.raises(UnloweredError, match="a padding that TFLite can't leave out"):
        lowered(model_of(nodes, {"x": [1, 4, 8, 8]}))


@pytest.mark.parametrize("op", ["GlobalAveragePool", "GlobalMaxPool"])
def test_global_pool(op: str) -> None:
    lowered(model_of([node(op, "x", "y")], IMAGE))


def test_folded_into_the_convolution() -> None:
    """Batch normalization, and the scale and shift that Keras writes in its place."""
    norm = {"g": noise(6), "s": noise(6), "m": noise(6), "v": np.abs(noise(6)) + 0.1}
    nodes = [
        node("Conv", "x w", "c"),
        node("BatchNormalization", "c g s m v", "n"),
        node("Relu", "n", "r"),
        node("Conv", "r u", "d"),
        node("Mul", "d k", "e"),
        node("Add", "e l", "y"),
    ]
    constants = norm | {"w": noise(6, 4, 3, 3), "u": noise(5, 6, 1, 1), "k": noise(1, 5, 1, 1), "l": noise(1, 5, 1, 1)}
    assert ops(lowered(model_of(nodes, IMAGE, constants))) == ["CONV_2D", "CONV_2D"]


def test_zeros_around_a_maximum_pool_are_no_minus_infinity() -> None:
    """onnxruntime's own optimizer takes them for one another: the lowering keeps it from that."""
    nodes = [
        node("Neg", "x", "n"),
        node("Pad", "n p", "h"),
        node("MaxPool", "h", "y", kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1]),
    ]
    model = lowered(model_of(nodes, IMAGE, {"p": np.array([0, 0, 1, 1, 0, 0, 1, 1])}))
    assert ops(model) == ["NEG", "PAD", "MIRROR_PAD", "MAX_POOL_2D"]
