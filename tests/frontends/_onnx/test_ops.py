"""Lowerings of what computes without a window against onnxruntime, and names of what has none."""

import numpy as np
import onnx
import pytest
from frontends._onnx.graphs import lowered, model_of, node, noise, ops

from packager.frontends._onnx.graph import UnloweredError

IMAGE: dict[str, list[int | str]] = {"x": [1, 4, 9, 8]}


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


@pytest.mark.parametrize("shape", [[1, 4, 9, 8], [1, 4]], ids=str)
def test_lone_batch_normalization(shape: list[int | str]) -> None:
    constants = {"g": noise(4), "b": noise(4), "m": noise(4), "v": np.abs(noise(4)) + 0.1}
    model = model_of([node("BatchNormalization", "x g b m v", "y")], {"x": shape}, constants)
    assert ops(lowered(model)) == ["MUL", "ADD"]


def test_nothing_at_inference() -> None:
    nodes = [node("Identity", "x", "h"), node("Dropout", "h", "d"), node("Relu", "d", "y")]
    assert ops(lowered(model_of(nodes, IMAGE))) == ["RELU"]


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
