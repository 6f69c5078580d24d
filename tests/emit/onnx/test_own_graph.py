"""A user's graph keeps what it is, and computes in int8 what it computed."""

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from emit.onnx.own import residual, weights
from onnx import helper, numpy_helper

from packager.config.recipe import Calibration
from packager.emit.onnx.own_graph import OwnGraph, quantize_own_graph, values_to_calibrate
from packager.plan.onnx_graph import onnx_graph
from packager.plan.tensorrt import check_onnx
from packager.quantize import Range
from packager.quantize.calibrate_onnx import calibrate_onnx
from packager.util.ort import session_options

IMAGES = weights(9, 12, 3, 10, 12) * 3
NOTHING: frozenset[str] = frozenset()


def run(content: bytes) -> "np.ndarray[tuple[int, ...], np.dtype[np.float32]]":
    session = ort.InferenceSession(content, session_options(), providers=["CPUExecutionProvider"])
    rows = [session.run(None, {"image": IMAGES[i : i + 1]})[0] for i in range(len(IMAGES))]
    return np.concatenate(rows)


@pytest.mark.parametrize("method", ["minmax", "percentile", "entropy"])
@pytest.mark.parametrize(("integer_weights", "release"), [(False, "8.2.1"), (True, "10.3.0")])
def test_int8_computes_what_float_does(method: str, release: str, integer_weights: bool) -> None:  # noqa: FBT001 - a parameter
    content, values = values_to_calibrate(residual(), NOTHING)
    ranges = calibrate_onnx(content, [IMAGES], values, Calibration(method=method), "12 inputs")
    quantized = quantize_own_graph(content, ranges, NOTHING, integer_weights)
    error = np.abs(run(quantized) - run(residual())).max()
    assert 0 < error < 0.02
    assert not check_onnx(onnx_graph(quantized), release)
    types = {i.data_type for i in onnx.load_from_string(quantized).graph.initializer if i.name.startswith("w")}
    assert (onnx.TensorProto.INT8 in types) is True
    assert len(quantized) < len(residual()) or not integer_weights


def test_pairs_stand_where_tensorrt_fuses_best() -> None:
    assert values_to_calibrate(residual(), NOTHING)[1] == ["image", "r1", "r2", "f"]
    ranges = dict.fromkeys(["image", "r1", "r2", "f"], Range(low=-4, high=4, reason=""))
    graph = onnx.load_from_string(quantize_own_graph(residual(), ranges, NOTHING, False)).graph  # noqa: FBT003 - positional for a child
    given = onnx.load_from_string(residual())
    mine = [node for node in graph.node if not node.op_type.endswith("Linear")]
    assert [(n.op_type, n.name, list(n.output)) for n in mine] == [
        (n.op_type, n.name, list(n.output)) for n in given.graph.node
    ]
    assert list(graph.input) == list(given.graph.input)
    assert list(graph.output) == list(given.graph.output)
    add = next(n for n in mine if n.op_type == "Add")
    assert list(add.input) == ["c2", "r1/DequantizeLinear"], "the skip input alone"
    norm = next(n for n in mine if n.op_type == "BatchNormalization")
    assert norm.input[0] == "c1"
    assert [i.name for i in graph.initializer if i.name == "b1"], "biases stay float"
    scales = {i.name: numpy_helper.to_array(i).shape for i in graph.initializer if i.name.endswith("/scale")}
    assert scales == {"image/scale": (), "w1/scale": (8,), "r1/scale": (), "w2/scale": (8,), "r2/scale": ()} | {
        "f/scale": (),
        "w3/scale": (5,),
    }


def test_what_a_recipe_keeps_in_float_has_no_pair() -> None:
    """A lowered operator bears the name of what was fused into it: here the batch normalization's activation."""
    assert values_to_calibrate(residual(), frozenset({"r1", "logits"}))[1] == ["r1", "r2"]


def test_an_old_graph_is_brought_up_and_a_newer_one_left() -> None:
    old = onnx.load_from_string(residual())
    for tensor in old.opset_import:
        tensor.version = 11
    content, values = values_to_calibrate(old.SerializeToString(), NOTHING)
    assert OwnGraph(content).opset == 13
    assert values == ["image", "r1", "r2", "f"]
    assert OwnGraph(residual(17)).opset == 17


@pytest.mark.parametrize(
    ("op", "second", "attrs", "scale"),
    [
        ("MatMul", (4, 6), {}, (6,)),
        ("Gemm", (4, 6), {"transB": 0}, (6,)),
        ("Gemm", (6, 4), {"transB": 1}, (6,)),
        ("MatMul", (1, 4, 6), {}, ()),
    ],
)
def test_the_channels_of_a_product_are_its_columns(
    op: str, second: tuple[int, ...], attrs: dict[str, int], scale: tuple[int, ...]
) -> None:
    x, y = (helper.make_tensor_value_info(n, 1, d) for n, d in (("x", (2, 4)), ("y", [None] * len(second))))
    node = helper.make_node(op, ["x", "w"], ["y"])
    node.attribute.extend(helper.make_attribute(key, value) for key, value in attrs.items())
    graph = helper.make_graph([node], "g", [x], [y], [numpy_helper.from_array(weights(1, *second), "w")])
    content = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8).SerializeToString()
    ranges = {"x": Range(low=-1, high=1, reason="")}
    made = onnx.load_from_string(quantize_own_graph(content, ranges, NOTHING, True))  # noqa: FBT003 - positional for a child
    found = {i.name: numpy_helper.to_array(i) for i in made.graph.initializer}
    assert found["w/scale"].shape == scale
    feed = {"x": np.array([[0.5, -0.5, 1, 0], [1, 1, -1, 0.25]], np.float32)}
    (have,) = ort.InferenceSession(made.SerializeToString(), session_options()).run(None, feed)
    (want,) = ort.InferenceSession(content).run(None, feed)
    np.testing.assert_allclose(have, want, atol=0.03)


def test_a_node_may_stay_in_float_alone_or_be_the_only_one_of_int8() -> None:
    """An addition's pair moves to its other input where the convolution that made that one is none of int8."""
    content, values = values_to_calibrate(residual(), NOTHING, whatever_stays=True)
    assert set(values) > set(values_to_calibrate(residual(), NOTHING)[1])
    ranges = {value: Range(low=-1, high=1, reason="") for value in values}
    own = OwnGraph(content)
    names = frozenset(own.graph.node[i].output[0] for i in own.placed() if own.graph.node[i].op_type != "Add")
    for name in sorted(names):
        for keep in ({name}, names - {name}):
            onnx.checker.check_model(
                onnx.load_from_string(quantize_own_graph(content, ranges, frozenset(keep), False))  # noqa: FBT003 - positional for a child
            )
