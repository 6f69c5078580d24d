from pathlib import Path
from typing import Any

import numpy as np
import pytest

from packager.errors import ConfigError, UnsupportedError
from packager.measure.engines import find_engine


def onnx_model(path: Path, *, opset: int = 17, op: str = "Gemm") -> Path:
    """``y = x @ w + b`` for four values, a batch of one."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    weights = np.arange(12, dtype=np.float32).reshape(4, 3)
    bias = np.array([1, 2, 3], np.float32)
    graph = helper.make_graph(
        [helper.make_node(op, ["x", "w", "b"], ["y"])],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 4])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 3])],
        [numpy_helper.from_array(weights, "w"), numpy_helper.from_array(bias, "b")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    path.write_bytes(model.SerializeToString())
    assert onnx.load(path).graph.node[0].op_type == op
    return path


def run(path: Path, *inputs: Any) -> Any:
    (found,) = find_engine("onnxruntime")(path.parent, path, list(inputs))
    return found


def test_computes_sample_after_sample(tmp_path: Path) -> None:
    x = np.random.default_rng(0).standard_normal((7, 4)).astype(np.float32)
    found = run(onnx_model(tmp_path / "m.onnx"), x)
    wanted = x @ np.arange(12, dtype=np.float32).reshape(4, 3) + np.array([1, 2, 3], np.float32)
    assert found.shape == (7, 3)
    np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    "inputs",
    [
        [np.zeros((2, 3), np.float32)],
        [np.zeros((2, 4), np.int8)],
        [],
        [np.zeros((2, 4), np.float32)] * 2,
    ],
)
def test_inputs_that_do_not_fit(tmp_path: Path, inputs: list[Any]) -> None:
    with pytest.raises(ConfigError):
        run(onnx_model(tmp_path / "m.onnx"), *inputs)


def test_a_model_it_refuses(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedError, match=r"onnxruntime .* refuses the model"):
        run(onnx_model(tmp_path / "m.onnx", op="NoSuchOperator"), np.zeros((1, 4), np.float32))


@pytest.mark.parametrize("content", [b"", b"not a model", b"\x08\x07"])
def test_a_broken_file(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "m.onnx").write_bytes(content)
    with pytest.raises(UnsupportedError):
        run(tmp_path / "m.onnx", np.zeros((1, 4), np.float32))


def test_says_nothing(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    run(onnx_model(tmp_path / "m.onnx"), np.zeros((1, 4), np.float32))
    assert capfd.readouterr() == ("", "")
