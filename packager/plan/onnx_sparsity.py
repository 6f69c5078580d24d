"""Which nodes of an ONNX file have 2:4 sparse weights, as TensorRT will read them: quantized, and in the file's layout.

TensorRT takes sparse kernels where of every four input channels two are zero, for each output and each place in a
window (the developer guide's "Structured Sparsity", weights ``[K, C, R, S]``). A pattern that a model has may be lost
on its way here: where columns are reordered for another layout, four neighbours are no longer those that were pruned.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from packager.plan.sparsity import is_two_of_four

Array = npt.NDArray[Any]
_AXES = {"Conv": 1, "MatMul": -2}
"""Of the input channels in the weights; Gemm's hangs on `transB`."""


def sparse_nodes(content: bytes) -> tuple[int, ...]:
    """Return the indices of the nodes of a checked ONNX file whose constant weights have the pattern.

    Weights behind a Q/DQ pair count as the integers that the pair makes of them.
    """
    import onnx

    graph = onnx.load_model_from_string(content).graph
    constants = _constants(graph)
    makers = {name: node for node in graph.node for name in node.output}
    found = []
    for index, node in enumerate(graph.node):
        if node.op_type not in (*_AXES, "Gemm") or len(node.input) < 2:
            continue
        weights = _read(node.input[1], constants, makers)
        if weights is not None and weights.ndim > 1 and is_two_of_four(np.moveaxis(weights, _axis(node), -1)):
            found.append(index)
    return tuple(found)


def _constants(graph: Any) -> Mapping[str, Any]:
    """Tensors by name, of initializers and of nodes that put one out."""
    found = {tensor.name: tensor for tensor in graph.initializer}
    for node in graph.node:
        if node.op_type == "Constant":
            name = node.output[0]
            found.update((name, a.t) for a in node.attribute if a.name == "value")
    return found


def _read(name: str, constants: Mapping[str, Any], makers: Mapping[str, Any]) -> Array | None:
    """Constant weights, through a Q/DQ pair in its integers; a symmetric scale keeps what is zero."""
    from onnx import numpy_helper

    if name in constants:
        return numpy_helper.to_array(constants[name])
    node = makers.get(name)
    if node is None or node.op_type not in ("QuantizeLinear", "DequantizeLinear"):
        return None
    data = _read(node.input[0], constants, makers)
    if data is None or node.op_type == "DequantizeLinear":
        return data
    scale = _read(node.input[1], constants, makers)
    if scale is None:
        return None
    axis = _attribute(node, "axis", 1) if scale.size > 1 else 0
    across = [-1 if a == axis % data.ndim else 1 for a in range(data.ndim)]
    return np.rint(data / scale.reshape(across))


def _axis(node: Any) -> int:
    """The axis of the input channels."""
    return _AXES.get(node.op_type, 1 if _attribute(node, "transB", 0) else 0)


def _attribute(node: Any, name: str, default: int) -> int:
    return next((int(a.i) for a in node.attribute if a.name == name), default)
