"""A user's ONNX file: two convolutions around a residual addition, batch normalization left in, channels first."""

from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


def weights(seed: int, *dims: int) -> "np.ndarray[tuple[int, ...], np.dtype[np.float32]]":
    return np.random.default_rng(seed).normal(0, 0.3, dims).astype(np.float32)


def residual(opset: int = 13, **dims: Any) -> bytes:
    """``image`` [1, 3, 10, 12] to ``probabilities`` [1, 5]."""
    node = helper.make_node
    window: dict[str, Any] = {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]}
    nodes = [
        node("Conv", ["image", "w1", "b1"], ["c1"], name="first", **window),
        node("BatchNormalization", ["c1", "s", "b1", "m", "v"], ["n1"]),
        node("Relu", ["n1"], ["r1"]),
        node("Conv", ["r1", "w2", "b1"], ["c2"], name="second", **window),
        node("Add", ["c2", "r1"], ["a"]),
        node("Relu", ["a"], ["r2"]),
        node("GlobalAveragePool", ["r2"], ["g"]),
        node("Flatten", ["g"], ["f"]),
        node("Gemm", ["f", "w3", "b3"], ["logits"], transB=1),
        node("Softmax", ["logits"], ["probabilities"], axis=1),
    ]
    values = {"w1": weights(1, 8, 3, 3, 3), "b1": weights(2, 8), "w2": weights(3, 8, 8, 3, 3), "w3": weights(4, 5, 8)}
    values |= {"b3": weights(5, 5), "s": weights(6, 8), "m": weights(7, 8), "v": np.ones(8, np.float32)}
    graph = helper.make_graph(
        nodes,
        "mine",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, dims.get("image", (1, 3, 10, 12)))],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, dims.get("probabilities", (1, 5)))],
        [numpy_helper.from_array(value, name) for name, value in values.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    onnx.checker.check_model(model)
    content: bytes = model.SerializeToString()
    return content
