"""Every lowering against onnxruntime, over the attributes that change what it emits."""

from typing import Any

import numpy as np
import onnx
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


@pytest.mark.parametrize("keep", [0, 1])
@pytest.mark.parametrize("axes", [[2, 3], [-1, -2], [1], [3], [1, 2, 3]], ids=str)
@pytest.mark.parametrize("op", ["ReduceMean", "ReduceMax"])
def test_reduction(op: str, axes: list[int], keep: int) -> None:
    nodes = [node("Conv", "x w", "h"), node(op, "h", "y", axes=axes, keepdims=keep)]
    lowered(model_of(nodes, IMAGE, {"w": noise(4, 4, 1, 1)}))


def test_reduction_takes_its_axes_as_an_input_since_opset_18() -> None:
    nodes = [node("ReduceMean", "x axes", "y", keepdims=0)]
    assert ops(lowered(model_of(nodes, IMAGE, {"axes": np.array([2, 3])}, opset=18))) == ["MEAN"]


def test_sum_over_a_flattened_image() -> None:
    nodes = [node("Conv", "x w", "c"), node("Flatten", "c", "f"), node("ReduceMax", "f", "y", axes=[1])]
    lowered(model_of(nodes, IMAGE, {"w": noise(4, 4, 1, 1)}))


def test_sum() -> None:
    nodes = [node("ReduceSum", "x axes", "y", keepdims=1)]
    lowered(model_of(nodes, IMAGE, {"axes": np.array([1])}))


@pytest.mark.parametrize(
    "op", ["Relu", "Sigmoid", "Tanh", "Exp", "Abs", "Neg", "Log", "Sqrt", "Floor", "Elu", "LeakyRelu"]
)
def test_elementwise(op: str) -> None:
    assert len(ops(lowered(model_of([node(op, "x", "y")], IMAGE)))) == 1


def test_attributes_of_activations() -> None:
    leaky = lowered(model_of([node("LeakyRelu", "x", "y", alpha=0.3)], IMAGE))
    assert leaky.main.nodes[0].attrs["alpha"] == pytest.approx(0.3)
    lowered(model_of([node("HardSigmoid", "x", "y", alpha=1 / 6)], IMAGE))
    lowered(model_of([node("HardSigmoid", "x", "y")], IMAGE))
    swish = lowered(model_of([node("HardSwish", "x", "y")], IMAGE))
    assert ops(swish) == ["ADD", "MUL", "MUL"]  # the Edge TPU takes these, and no HARD_SWISH
    with pytest.raises(UnloweredError, match="an alpha other than 1"):
        lowered(model_of([node("Elu", "x", "y", alpha=0.5)], IMAGE))


@pytest.mark.parametrize("slope", [(4, 1, 1), (1, 1, 1)], ids=str)
def test_prelu(slope: tuple[int, ...]) -> None:
    assert "PRELU" in ops(lowered(model_of([node("PRelu", "x s", "y")], IMAGE, {"s": noise(*slope)})))


@pytest.mark.parametrize(
    ("low", "high", "wanted"),
    [
        (0.0, 6.0, ["RELU6"]),
        (-1.0, 1.0, ["RELU_N1_TO_1"]),
        (0.0, None, ["RELU"]),
        (-0.5, 0.25, ["MAXIMUM", "MINIMUM"]),
        (None, 0.5, ["MINIMUM"]),
    ],
)
def test_clip(low: float | None, high: float | None, wanted: list[str]) -> None:
    limits = {n: np.array(v, np.float32) for n, v in (("lo", low), ("hi", high)) if v is not None}
    names = f"x {'lo' if low is not None else '-'} {'hi' if high is not None else '-'}"
    assert ops(lowered(model_of([node("Clip", names, "y")], IMAGE, limits))) == wanted


def test_clip_took_attributes_before_opset_11() -> None:
    assert ops(lowered(model_of([node("Clip", "x", "y", min=0.0, max=6.0)], IMAGE, opset=10))) == ["RELU6"]


SHAPES = [(1, 4, 9, 8), (4, 1, 1), (1, 4, 1, 1), (8,), (1,), ()]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("op", ["Add", "Sub", "Mul", "Div", "Max", "Min"])
def test_broadcasting_a_constant_over_an_image(op: str, shape: tuple[int, ...]) -> None:
    nodes = [node("Relu", "x", "h"), node("MaxPool", "h", "p", kernel_shape=[1, 1]), node(op, "p c", "y")]
    lowered(model_of(nodes, IMAGE, {"c": np.abs(noise(*shape)) + 0.5}))


@pytest.mark.parametrize("op", ["Sub", "Div"])
def test_constant_on_the_left(op: str) -> None:
    nodes = [node("Sigmoid", "x", "h"), node(op, "c h", "y")]
    lowered(model_of(nodes, IMAGE, {"c": noise(4, 1, 1)}))


def test_two_images_in_different_layouts_meet() -> None:
    nodes = [
        node("Conv", "x w", "a"),
        node("Reshape", "b s", "c"),
        node("Add", "a c", "y"),
    ]
    constants = {"w": noise(4, 4, 1, 1), "s": np.array([1, 4, 9, 8])}
    model = lowered(model_of(nodes, {**IMAGE, "b": [1, 288]}, constants))
    assert ops(model).count("TRANSPOSE") == 1


def test_squeeze_and_excite() -> None:
    nodes = [
        node("GlobalAveragePool", "x", "p"),
        node("Conv", "p w", "q"),
        node("HardSigmoid", "q", "g", alpha=1 / 6, beta=0.5),
        node("Mul", "x g", "y"),
    ]
    assert "TRANSPOSE" not in ops(lowered(model_of(nodes, IMAGE, {"w": noise(4, 4, 1, 1)})))


@pytest.mark.parametrize("trans", [0, 1])
def test_gemm(trans: int) -> None:
    shape = (7, 5) if trans else (5, 7)
    nodes = [node("Gemm", "x w b", "y", transB=trans, alpha=0.5, beta=2.0)]
    assert ops(lowered(model_of(nodes, {"x": [1, 5]}, {"w": noise(*shape), "b": noise(1, 7)}))) == ["FULLY_CONNECTED"]


@pytest.mark.parametrize("shape", [[1, 6], [1, 3, 6], [1, 2, 3, 6]], ids=str)
def test_matrix_product_with_a_constant(shape: list[int | str]) -> None:
    nodes = [node("MatMul", "x w", "y")]
    assert ops(lowered(model_of(nodes, {"x": shape}, {"w": noise(6, 4)}))) == ["FULLY_CONNECTED"]


def test_matrix_product_of_two_inputs() -> None:
    inputs: dict[str, list[int | str]] = {"a": [1, 3, 4], "b": [1, 4, 5]}
    assert ops(lowered(model_of([node("MatMul", "a b", "y")], inputs))) == ["BATCH_MATMUL"]


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


@pytest.mark.parametrize("axis", [1, 2, 3, -1])
def test_softmax_over_an_image(axis: int) -> None:
    nodes = [node("Conv", "x w", "h"), node("Softmax", "h", "y", axis=axis)]
    model = model_of(nodes, IMAGE, {"w": noise(4, 4, 1, 1)})
    if axis == 2:
        with pytest.raises(UnloweredError, match="along axis 2 of 4"):
            lowered(model)
    else:
        lowered(model)


@pytest.mark.parametrize("axis", [1, -1])
def test_logarithm_of_softmax(axis: int) -> None:
    assert ops(lowered(model_of([node("LogSoftmax", "x", "y", axis=axis)], {"x": [1, 5]}))) == ["LOG_SOFTMAX"]


def test_softmax_of_old_took_axes_together() -> None:
    lowered(model_of([node("Softmax", "x", "y")], {"x": [1, 5]}, opset=11))
    with pytest.raises(UnloweredError, match="over several axes"):
        lowered(model_of([node("Softmax", "x", "y")], IMAGE, opset=11))


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


@pytest.mark.parametrize("shape", [[1, 4, 9, 8], [1, 4]], ids=str)
def test_lone_batch_normalization(shape: list[int | str]) -> None:
    constants = {"g": noise(4), "b": noise(4), "m": noise(4), "v": np.abs(noise(4)) + 0.1}
    model = model_of([node("BatchNormalization", "x g b m v", "y")], {"x": shape}, constants)
    assert ops(lowered(model)) == ["MUL", "ADD"]


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


def test_nothing_at_inference() -> None:
    nodes = [node("Identity", "x", "h"), node("Dropout", "h", "d"), node("Relu", "d", "y")]
    assert ops(lowered(model_of(nodes, IMAGE))) == ["RELU"]


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


def test_unknown_operators_are_all_named() -> None:
    nodes = [node("Erf", "x", "a"), node("Relu", "a", "b"), node("Sinh", "b", "y")]
    with pytest.raises(UnloweredError, match=r"^no lowering for Erf, Sinh$"):
        lowered(model_of(nodes, IMAGE))


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("axis", [-1, 1])
def test_layer_normalization(axis: int, *, bias: bool) -> None:
    shape = (6,) if axis == -1 else (5, 6)
    nodes = [node("LayerNormalization", "x g b" if bias else "x g", "y", axis=axis, epsilon=1e-3)]
    lowered(model_of(nodes, {"x": [1, 5, 6]}, {"g": noise(*shape)} | ({"b": noise(*shape)} if bias else {})))


def test_instance_normalization() -> None:
    nodes = [node("InstanceNormalization", "x g b", "y")]
    model = lowered(model_of(nodes, IMAGE, {"g": noise(4), "b": noise(4)}))
    assert model.input_types()[0].dims == (1, 9, 8, 4)


def test_integer_inputs_have_no_lowering() -> None:
    model = model_of([node("Cast", "x", "c", to=1), node("Relu", "c", "y")], {"x": [1, 4]})
    model.graph.input[0].type.tensor_type.elem_type = onnx.TensorProto.INT32
    with pytest.raises(UnloweredError):
        lowered(model)


@pytest.mark.parametrize("rough", ["none", "tanh"])
def test_gelu(rough: str) -> None:
    assert ops(lowered(model_of([node("Gelu", "x", "y", approximate=rough)], IMAGE, opset=20))) == ["GELU"]


@pytest.mark.parametrize("index", [2, -1, [0, -1, 3]], ids=str)
@pytest.mark.parametrize("axis", [1, -1])
def test_gathering_by_constants(axis: int, index: int | list[int]) -> None:
    nodes = [node("Conv", "x w", "h"), node("Gather", "h i", "y", axis=axis)]
    lowered(model_of(nodes, IMAGE, {"w": noise(4, 4, 1, 1), "i": np.array(index)}))


def test_image_whose_rows_are_joined_stays_channels_last() -> None:
    nodes = [node("Conv", "x w", "c"), node("Reshape", "c s", "f"), node("ReduceMean", "f", "y", axes=[2])]
    model = lowered(model_of(nodes, IMAGE, {"w": noise(6, 4, 1, 1), "s": np.array([1, 6, 72])}))
    assert "TRANSPOSE" not in ops(model)


def test_zeros_around_a_maximum_pool_are_no_minus_infinity() -> None:
    """onnxruntime's own optimizer takes them for one another: the lowering keeps it from that."""
    nodes = [
        node("Neg", "x", "n"),
        node("Pad", "n p", "h"),
        node("MaxPool", "h", "y", kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1]),
    ]
    model = lowered(model_of(nodes, IMAGE, {"p": np.array([0, 0, 1, 1, 0, 0, 1, 1])}))
    assert ops(model) == ["NEG", "PAD", "MIRROR_PAD", "MAX_POOL_2D"]


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


def test_outputs_keep_their_names() -> None:
    nodes = [
        node("Conv", "x w", "features"),
        node("GlobalAveragePool", "features", "p"),
        node("Flatten", "p", "scores"),
    ]
    model: onnx.ModelProto = model_of(nodes, IMAGE, {"w": noise(3, 4, 1, 1)}, outputs="features scores")
    result = lowered(model)
    assert result.input_names() == ("x",)
    assert result.output_names() == ("features", "scores")
