"""Lowerings of what moves, joins and cuts values against onnxruntime, and the transpositions that they do without."""

from typing import Any

import numpy as np
import pytest
from frontends._onnx.graphs import lowered, model_of, node, noise, ops

from packager.frontends._onnx.graph import UnloweredError

IMAGE: dict[str, list[int | str]] = {"x": [1, 4, 9, 8]}


def test_flattened_image_costs_no_transposition() -> None:
    """A dense layer behind a flattened image takes its weights in the order of the stored columns."""
    nodes = [
        node("Conv", "x w", "c"),
        node("Flatten", "c", "f"),
        node("Relu", "f", "r"),
        node("Add", "r k", "a"),
        node("Gemm", "a v b", "y"),
    ]
    constants = {"w": noise(3, 4, 3, 3), "k": noise(126), "v": noise(126, 5), "b": noise(5)}
    assert ops(lowered(model_of(nodes, IMAGE, constants))) == ["CONV_2D", "RESHAPE", "ADD", "FULLY_CONNECTED"]


def test_flattened_image_as_output_is_in_onnx_order() -> None:
    nodes = [node("Conv", "x w", "c"), node("Flatten", "c", "y")]
    model = model_of(nodes, IMAGE, {"w": noise(3, 4, 3, 3)})
    assert ops(lowered(model))[-2:] == ["TRANSPOSE", "RESHAPE"]


def test_image_flattened_and_shaped_back() -> None:
    nodes = [node("Conv", "x w", "c"), node("Flatten", "c", "f"), node("Reshape", "f s", "r"), node("Conv", "r w", "y")]
    lowered(model_of(nodes, IMAGE, {"w": noise(4, 4, 1, 1), "s": np.array([1, 4, 9, 8])}))


@pytest.mark.parametrize("axis", [1, 2, 3, -3])
def test_concatenation(axis: int) -> None:
    nodes = [node("Conv", "x w", "a"), node("Relu", "x", "b"), node("Concat", "a b", "y", axis=axis)]
    lowered(model_of(nodes, IMAGE, {"w": noise(4, 4, 1, 1)}))


@pytest.mark.parametrize(
    ("mode", "value", "wanted"), [("constant", 0.0, "PAD"), ("constant", 1.5, "PADV2"), ("reflect", 0.0, "MIRROR_PAD")]
)
def test_padding(mode: str, value: float, wanted: str) -> None:
    nodes = [node("Pad", "x p v", "h", mode=mode), node("Conv", "h w", "y")]
    constants = {"p": np.array([0, 0, 1, 2, 0, 0, 3, 0]), "v": np.array(value, np.float32), "w": noise(2, 4, 2, 2)}
    assert ops(lowered(model_of(nodes, IMAGE, constants))) == [wanted, "CONV_2D"]


def test_padding_of_named_axes() -> None:
    constants = {"p": np.array([1, 2]), "a": np.array([-1])}
    assert ops(lowered(model_of([node("Pad", "x p - a", "y")], IMAGE, constants, opset=18))) == ["PAD"]


@pytest.mark.parametrize("perm", [[0, 2, 3, 1], [0, 3, 1, 2], [0, 2, 1, 3], [0, 1, 2, 3], [0, 3, 2, 1]], ids=str)
def test_transposition_around_a_convolution(perm: list[int]) -> None:
    nodes = [
        node("Transpose", "x", "t", perm=perm),
        node("MaxPool", "t", "p", kernel_shape=[2, 2]),
        node("Transpose", "p", "y", perm=perm),
    ]
    lowered(model_of(nodes, IMAGE))


def test_channels_last_model_in_onnx_needs_no_transposition() -> None:
    """As Keras exports: transposed to NCHW and back around each convolution."""
    nodes = [
        node("Transpose", "x", "t", perm=[0, 3, 1, 2]),
        node("Conv", "t w", "c"),
        node("Relu", "c", "r"),
        node("Transpose", "r", "y", perm=[0, 2, 3, 1]),
    ]
    model = lowered(model_of(nodes, {"x": [1, 8, 9, 4]}, {"w": noise(6, 4, 3, 3)}))
    assert ops(model) == ["CONV_2D"]
    assert model.input_types()[0].dims == (1, 8, 9, 4)
    assert model.output_types()[0].dims == (1, 6, 7, 6)


def test_slicing() -> None:
    constants = {"s": np.array([1, -4]), "e": np.array([100, -1]), "a": np.array([1, 3]), "t": np.array([2, 1])}
    nodes = [node("Slice", "x s e a t", "h"), node("Conv", "h w", "y")]
    assert ops(lowered(model_of(nodes, IMAGE, constants | {"w": noise(3, 2, 1, 1)}))) == ["STRIDED_SLICE", "CONV_2D"]


def test_splitting() -> None:
    nodes = [
        node("Split", "x s", "a b", axis=1),
        node("Conv", "a w", "c"),
        node("Concat", "c b", "y", axis=1),
    ]
    constants = {"s": np.array([1, 3]), "w": noise(2, 1, 1, 1)}
    assert ops(lowered(model_of(nodes, IMAGE, constants))) == ["SPLIT_V", "CONV_2D", "CONCATENATION"]


@pytest.mark.parametrize(
    "attrs",
    [
        {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"},
        {"mode": "nearest"},
        {"mode": "linear"},
        {"mode": "linear", "coordinate_transformation_mode": "pytorch_half_pixel"},
        {"mode": "linear", "coordinate_transformation_mode": "align_corners"},
        {"mode": "linear", "coordinate_transformation_mode": "asymmetric"},
    ],
    ids=str,
)
def test_resizing(attrs: dict[str, Any]) -> None:
    nodes = [node("Resize", "x - s", "y", **attrs)]
    assert len(ops(lowered(model_of(nodes, IMAGE, {"s": np.array([1, 1, 2, 2], np.float32)})))) == 1


def test_resizing_by_a_fraction_to_the_nearest_has_no_lowering() -> None:
    nodes = [node("Resize", "x - s", "y", mode="nearest")]
    with pytest.raises(UnloweredError, match="nearest by a fraction"):
        lowered(model_of(nodes, IMAGE, {"s": np.array([1, 1, 1.5, 1.5], np.float32)}))


@pytest.mark.parametrize("op", ["Squeeze", "Unsqueeze"])
def test_axes_come_and_go(op: str) -> None:
    shape: list[int | str] = [1, 3, 1, 4] if op == "Squeeze" else [1, 3, 4]
    lowered(model_of([node(op, "x a", "y")], {"x": shape}, {"a": np.array([2])}))


def test_depth_and_space() -> None:
    shape: dict[str, list[int | str]] = {"x": [1, 8, 6, 4]}
    assert ops(lowered(model_of([node("DepthToSpace", "x", "y", blocksize=2)], shape))) == ["DEPTH_TO_SPACE"]
    assert ops(lowered(model_of([node("SpaceToDepth", "x", "y", blocksize=2)], shape))) == ["SPACE_TO_DEPTH"]
    shuffled = lowered(model_of([node("DepthToSpace", "x", "y", blocksize=2, mode="CRD")], shape))
    assert ops(shuffled) == ["GATHER", "DEPTH_TO_SPACE"]


@pytest.mark.parametrize("index", [2, -1, [0, -1, 3]], ids=str)
@pytest.mark.parametrize("axis", [1, -1])
def test_gathering_by_constants(axis: int, index: int | list[int]) -> None:
    nodes = [node("Conv", "x w", "h"), node("Gather", "h i", "y", axis=axis)]
    lowered(model_of(nodes, IMAGE, {"w": noise(4, 4, 1, 1), "i": np.array(index)}))


def test_image_whose_rows_are_joined_stays_channels_last() -> None:
    nodes = [node("Conv", "x w", "c"), node("Reshape", "c s", "f"), node("ReduceMean", "f", "y", axes=[2])]
    model = lowered(model_of(nodes, IMAGE, {"w": noise(6, 4, 1, 1), "s": np.array([1, 6, 72])}))
    assert "TRANSPOSE" not in ops(model)


def test_shape_computing_is_folded_away() -> None:
    """As PyTorch exports ``x.view(x.size(0), -1)`` with a dynamic batch."""
    nodes = [
        node("Conv", "x w", "c"),
        node("Shape", "c", "s"),
        node("Gather", "s zero", "n", axis=0),
        node("Unsqueeze", "n zero1", "n1"),
        node("Concat", "n1 rest", "t", axis=0),
        node("Reshape", "c t", "f"),
        node("Gemm", "f v", "y"),
    ]
    constants = {
        "w": noise(3, 4, 3, 3),
        "zero": np.array(0),
        "zero1": np.array([0]),
        "rest": np.array([-1]),
        "v": noise(126, 5),
    }
    model = lowered(model_of(nodes, {"x": ["batch", 4, 9, 8]}, constants))
    assert ops(model) == ["CONV_2D", "RESHAPE", "FULLY_CONNECTED"]
