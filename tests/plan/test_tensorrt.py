"""The parser's table, node by node, against the releases' own documents, on ONNX files made here."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from packager.config.tensorrt import load_onnx_parser, load_rewrites, parser_versions
from packager.errors import ConfigError, Severity
from packager.plan._tensorrt_rules import rule_named
from packager.plan.onnx_graph import onnx_graph
from packager.plan.tensorrt import check_onnx

IMAGE = (1, 8, 6, 6)
EIGHT = dict.fromkeys("abcd", np.ones(8, np.float32))


def model(
    nodes: Sequence[onnx.NodeProto],
    constants: dict[str, Any] | None = None,
    *,
    inputs: Sequence[tuple[str, int, Sequence[int]]] = (("x", TensorProto.FLOAT, IMAGE),),
    opset: int = 13,
    output: int = TensorProto.FLOAT,
) -> bytes:
    """A file whose last node puts out ``y``."""
    graph = helper.make_graph(
        list(nodes),
        "net",
        [helper.make_tensor_value_info(name, type_, dims) for name, type_, dims in inputs],
        [helper.make_tensor_value_info("y", output, None)],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in (constants or {}).items()],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])
    content: bytes = made.SerializeToString()
    return content


def one(op: str, inputs: Sequence[str] = ("x",), constants: dict[str, Any] | None = None, **how: Any) -> bytes:
    """A file of a single node; keywords that `model` does not know are the node's attributes."""
    keys = {key.strip("_"): how.pop(key) for key in ("inputs_", "opset", "output") if key in how}
    return model([helper.make_node(op, list(inputs), ["y"], name="it", **how)], constants, **keys)


def found(content: bytes, version: str) -> list[tuple[Severity, str]]:
    return [(f.diagnostic.severity, f.diagnostic.message) for f in check_onnx(onnx_graph(content), version)]


def refused(content: bytes, version: str) -> bool:
    return any(severity is Severity.ERROR for severity, _ in found(content, version))


@pytest.mark.parametrize(
    ("content", "first"),
    [
        (one("HardSwish", opset=14), "8.4"),
        (one("GridSample", ["x", "g"], inputs_=[("x", 1, IMAGE), ("g", 1, (1, 6, 6, 2))], opset=16), "8.5"),
        (one("LayerNormalization", ["x", "s"], {"s": np.ones(6, np.float32)}, opset=17), "8.6"),
        (one("Gelu", opset=20), "10.0"),
        (one("Mish", opset=18), "10.0"),
        (one("Round"), "8.2"),
        (one("Sign"), "8.2"),
        (one("Xor", ["x", "x"], inputs_=[("x", TensorProto.BOOL, (4,))], output=TensorProto.BOOL), "8.4"),
        (one("Pad", ["x", "p"], {"p": np.array([0, 0, 1, 1, 0, 0, 1, 1])}, mode="reflect"), "8.2"),
        (one("Pad", ["x", "p"], {"p": np.array([0, 1, 1, 1, 0, 1, 1, 1])}), "8.2"),
        (one("Einsum", ["x", "x"], equation="abcd,abed->abce"), "8.2"),
        (one("Einsum", ["x", "x"], equation="...ij,...kj->...ik"), "10.12"),
        (one("Pow", ["x", "x"], inputs_=[("x", TensorProto.INT32, (4,))], output=TensorProto.INT32), "10.12"),
        (one("RMSNormalization", ["x", "s"], {"s": np.ones(6, np.float32)}, opset=23), "10.15"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_operator_is_refused_until_the_release_that_brought_it(content: bytes, first: str) -> None:
    releases = parser_versions()
    assert [r for r in releases if not refused(content, r)] == releases[releases.index(first) :]


@pytest.mark.parametrize("op", ["QLinearConv", "ConvInteger", "MatMulInteger", "DynamicQuantizeLinear"])
def test_integer_operators_are_refused_by_all_with_what_to_do(op: str) -> None:
    content = model([helper.make_node(op, ["x", "x"], ["y"], name="it")])
    for version in parser_versions():
        (problem,) = check_onnx(onnx_graph(content), version)
        assert problem.diagnostic.where == f"{op} 'it'"
        assert "quantize" in problem.diagnostic.hint


def test_what_every_release_takes() -> None:
    weights = np.zeros((4, 8, 3, 3), np.float32)
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["a"]),
        helper.make_node("Relu", ["a"], ["b"]),
        helper.make_node("MaxPool", ["b"], ["c"], kernel_shape=[2, 2]),
        helper.make_node("GlobalAveragePool", ["c"], ["d"]),
        helper.make_node("Flatten", ["d"], ["e"]),
        helper.make_node("Gemm", ["e", "g"], ["f"]),
        helper.make_node("Softmax", ["f"], ["y"]),
    ]
    content = model(nodes, {"w": weights, "g": np.zeros((4, 2), np.float32)})
    assert not [v for v in parser_versions() if found(content, v)]


def pair(zero_point: Any, scale: float = 0.5) -> bytes:
    nodes = [
        helper.make_node("QuantizeLinear", ["x", "s", "z"], ["q"], name="q"),
        helper.make_node("DequantizeLinear", ["q", "s", "z"], ["y"], name="dq"),
    ]
    return model(nodes, {"s": np.float32(scale), "z": zero_point})


def test_quantization_must_be_symmetric_int8() -> None:
    assert not found(pair(np.int8(0)), "8.0.1")
    for bad in (pair(np.int8(3)), pair(np.int8(0), scale=0.0), pair(np.uint8(0))):
        assert refused(bad, "8.2.1")
    assert "zero point is not 0" in found(pair(np.int8(3)), "10.3.0")[0][1]
    without = model(
        [
            helper.make_node("QuantizeLinear", ["x", "s"], ["q"]),
            helper.make_node("DequantizeLinear", ["q", "s", "z"], ["y"]),
        ],
        {"s": np.float32(1), "z": np.uint8(0)},
    )
    assert any("no zero point" in message for _, message in found(without, "8.2.1"))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (one("TopK", ["x", "k"], {"k": np.array([4000])}, inputs_=[("x", 1, (1, 5000))]), "below 3840"),
        (one("Resize", ["x", "", "s"], {"s": np.array([1, 1, 2, 2], np.float32)}, mode="cubic"), "cubic"),
        (one("MaxPool", kernel_shape=[2, 2], dilations=[2, 2]), "dilated"),
        (one("DepthToSpace", blocksize=2, inputs_=[("x", 1, (1, 8, 3))]), "rank 3"),
        (one("Gemm", ["x", "x"], inputs_=[("x", 1, (2, 2, 2))]), "rank 3"),
        (one("Identity", inputs_=[("x", 1, (1,) * 9)]), "9 dimensions"),
        (one("Sin", inputs_=[("x", TensorProto.INT32, (4,))], output=TensorProto.INT32), "INT32"),
        (one("Identity", inputs_=[("x", TensorProto.STRING, (4,))], output=TensorProto.STRING), "STRING"),
        (one("BatchNormalization", ["x", *"abcd"], EIGHT, training_mode=1, opset=14), "training"),
        (one("CumSum", ["x", "a"], inputs_=[("x", 1, (2, 2)), ("a", TensorProto.INT64, ())]), "initializer"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_conditions_of_an_operator(content: bytes, words: str) -> None:
    (problem,) = found(content, "8.5.2")
    assert problem[0] is Severity.ERROR
    assert words in problem[1]


def test_what_no_source_settles_is_a_warning() -> None:
    plugin = model([helper.make_node("MyOp", ["x"], ["y"], domain="com.example")])
    newer = one("Relu", opset=14)
    nms = one(
        "NonMaxSuppression", ["b", "s"], inputs_=[("b", 1, (1, 4, 4)), ("s", 1, (1, 2, 4))], output=TensorProto.INT64
    )
    for content, version in ((plugin, "10.3.0"), (newer, "8.2.1"), (nms, "8.2.1")):
        ((severity, message),) = found(content, version)
        assert severity is Severity.WARNING
        assert "may refuse it" in message
    assert not found(newer, "8.5.2")
    assert not found(nms, "8.5.2")


def test_an_older_definition_is_fine_in_a_newer_opset() -> None:
    """Opset 17 is over what TensorRT 8.2 documents, but Sigmoid is still as opset 13 has it."""
    assert not found(one("Sigmoid", opset=17), "8.2.1")


def test_what_constant_folding_takes_away_is_a_warning() -> None:
    nodes = [
        helper.make_node("Shape", ["x"], ["s"]),
        helper.make_node("ReduceProd", ["s"], ["p"], keepdims=1, name="product"),
        helper.make_node("Reshape", ["x", "p"], ["y"]),
    ]
    problems = check_onnx(onnx_graph(model(nodes)), "8.2.1")
    assert {p.diagnostic.severity for p in problems} <= {Severity.WARNING}
    assert [p.node for p in problems] == [1]


def test_int64_and_double_are_cast_down() -> None:
    content = one("Add", ["x", "x"], inputs_=[("x", TensorProto.INT64, (4,))], output=TensorProto.INT64)
    assert not found(content, "8.2.1")
    assert not found(one("Relu", inputs_=[("x", TensorProto.DOUBLE, (4,))], output=TensorProto.DOUBLE), "8.2.1")


def test_a_release_without_a_table_is_as_the_one_before() -> None:
    assert load_onnx_parser("10.7.0").version == "10.5"
    assert load_onnx_parser("10.99").version == "10.16"
    for bad in ("7.1.3", "newest"):
        with pytest.raises(ConfigError):
            load_onnx_parser(bad)


def test_the_tables_name_rules_and_operators_that_exist() -> None:
    from onnx import defs

    known = {schema.name for schema in defs.get_all_schemas_with_history() if not schema.domain}
    old = {"ImageScaler", "ParametricSoftplus", "ScaledTanh"}  # experimental, gone from ONNX
    newer = {"TensorScatter"} - known  # of opset 24
    for version in parser_versions():
        parser = load_onnx_parser(version)
        assert set(parser.types) <= known | old | newer
        assert set(parser.rules) | set(parser.constant) | set(parser.unsure) <= set(parser.types), version
        assert all(callable(rule_named(rule)) for rules in parser.rules.values() for rule in rules)
        assert parser.sources
    assert set(load_rewrites()) <= known
