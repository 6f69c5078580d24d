"""The version each operator needs for the types it works on.

A kernel's registered versions say which types it takes; old runtimes and the Edge TPU compiler read the number and
refuse what they do not know, so it must be true, and no higher than needed. The numbers follow TensorFlow Lite's
`op_version.cc`.
"""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from packager.ir import ABSENT, Graph, Model, Node, TensorType
from packager.rewrite import Pass, PassResult

Versions = Mapping[str, tuple[int, int]]

_BY_TYPE: Versions = {
    "ABS": (2, 3), "ADD": (2, 3), "ARG_MAX": (2, 2), "ARG_MIN": (2, 2), "AVERAGE_POOL_2D": (2, 3),
    "BATCH_MATMUL": (2, 3), "BATCH_TO_SPACE_ND": (2, 4), "BROADCAST_TO": (3, 3), "CONCATENATION": (2, 3),
    "DEPTH_TO_SPACE": (2, 2), "EQUAL": (2, 5), "EXP": (2, 2), "GATHER": (2, 4), "GATHER_ND": (1, 3), "GELU": (2, 2),
    "GREATER": (2, 2), "GREATER_EQUAL": (2, 3), "L2_NORMALIZATION": (2, 2), "LEAKY_RELU": (1, 2), "LESS": (2, 3),
    "LESS_EQUAL": (2, 2), "LOG": (2, 2), "LOGISTIC": (2, 3), "LOG_SOFTMAX": (2, 2), "MAXIMUM": (2, 4),
    "MAX_POOL_2D": (2, 3), "MEAN": (2, 3), "MINIMUM": (2, 4), "MIRROR_PAD": (2, 3), "MUL": (2, 4),
    "NOT_EQUAL": (2, 4), "PACK": (2, 3), "PAD": (2, 3), "PADV2": (2, 3), "REDUCE_MAX": (2, 3), "REDUCE_MIN": (2, 3),
    "REDUCE_PROD": (2, 2), "RELU": (2, 3), "RELU6": (2, 3), "RESIZE_BILINEAR": (2, 4),
    "RESIZE_NEAREST_NEIGHBOR": (2, 4), "REVERSE_V2": (3, 1), "RSQRT": (2, 3), "SELECT": (2, 1), "SLICE": (2, 4),
    "SOFTMAX": (2, 3), "SPACE_TO_BATCH_ND": (2, 4), "SPACE_TO_DEPTH": (2, 2), "SPLIT_V": (2, 2), "SQRT": (2, 2),
    "SQUARED_DIFFERENCE": (2, 2), "STRIDED_SLICE": (2, 4), "SUB": (2, 5), "SUM": (2, 2), "TANH": (2, 3),
    "TILE": (3, 1), "TOPK_V2": (2, 3), "TRANSPOSE": (2, 5), "UNPACK": (2, 4),
}  # fmt: skip
"""Operator to its versions for int8 and int16 of the first input; 1 for float, and for operators not listed."""
_PLAIN_RANK = 4
"""Wider tensors have versions of their own."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class OperatorVersions(Pass):
    """Raises each operator's version to what its types need; or, for a given reader, lowers what it would refuse."""

    newest: Mapping[str, int] = dataclasses.field(default_factory=dict)
    """By operator, the newest version that the reader takes: where given, nothing is raised, and what is newer is
    lowered where its types and options allow."""

    def apply(self, model: Model) -> PassResult:
        graph = model.main
        nodes = tuple(self._fitting(graph, node) for node in graph.nodes)
        if all(a is b for a, b in zip(nodes, graph.nodes, strict=True)):
            return PassResult(model=model, changed=False)
        return PassResult(model=model.with_main(dataclasses.replace(graph, nodes=nodes)), changed=True)

    def _fitting(self, graph: Graph, node: Node) -> Node:
        needed = needed_version(graph, node)
        too_new = node.version > self.newest.get(node.op, node.version)
        lower = too_new and needed < node.version and _is_plain(graph, node)
        higher = needed > node.version and not self.newest
        return dataclasses.replace(node, version=needed) if lower or higher else node


def _is_plain(graph: Graph, node: Node) -> bool:
    """Whether `needed_version` knows all that the version of an operator hangs on."""
    ranks = [len(graph.type_of(t).dims) for t in (*node.inputs, *node.outputs) if t != ABSENT]
    asked = [key for key in _OPTIONAL if node.attrs.get(key)]
    return (node.op in _BY_TYPE or node.op in _SPECIAL) and max(ranks, default=0) <= _PLAIN_RANK and not asked


def needed_version(graph: Graph, node: Node) -> int:
    """The lowest version whose kernels take this operator's types, as far as they change the number."""
    types = [graph.type_of(t) if t != ABSENT else None for t in node.inputs]
    special = _SPECIAL.get(node.op)
    if special is not None and types and types[0] is not None:
        return special(types, graph.type_of(node.outputs[0]), node.attrs)
    data = types[1] if node.op == "SPLIT" and len(types) > 1 else next((t for t in types if t is not None), None)
    int8, int16 = _BY_TYPE.get(node.op, (1, 1))
    if data is None or not data.is_quantized:
        return 1
    return {"int8": int8, "int16": int16}.get(data.dtype.value, 1)


_OPTIONAL = (
    "half_pixel_centers", "pot_scale_int16", "ellipsis_mask", "new_axis_mask", "offset", "asymmetric_quantize_inputs"
)  # fmt: skip
"""Options that came with a version of their own."""

Types = list[TensorType | None]
_Rule = Callable[[Types, TensorType, Mapping[str, Any]], int]


def _weights(types: Types) -> tuple[str, str, bool]:
    """Type of the input, type of the weights, and whether these have a scale per channel."""
    data, weights = types[0], types[1] if len(types) > 1 else None
    assert data is not None
    if weights is None:
        return data.dtype.value, data.dtype.value, False
    return data.dtype.value, weights.dtype.value, weights.quant is not None and weights.quant.is_per_channel


def _conv_2d(types: Types, _: TensorType, __: Mapping[str, Any]) -> int:
    data, weights, per_channel = _weights(types)
    if (data, weights) == ("float32", "int8"):
        return 5 if per_channel else 2
    return {("int8", "int8"): 3, ("int16", "int8"): 4, ("int8", "int4"): 7}.get((data, weights), 1)


def _depthwise(types: Types, _: TensorType, attrs: Mapping[str, Any]) -> int:
    data, weights, per_channel = _weights(types)
    if (data, weights) == ("float32", "int8"):
        return 6 if per_channel else 4
    dilated = attrs.get("dilation_w_factor", 1) != 1 or attrs.get("dilation_h_factor", 1) != 1
    known = {("int8", "int8"): 3, ("int16", "int8"): 5, ("int8", "int4"): 7}
    return known.get((data, weights), 2 if dilated else 1)


def _fully_connected(types: Types, _: TensorType, attrs: Mapping[str, Any]) -> int:
    data, weights, per_channel = _weights(types)
    if (data, weights) == ("float32", "int8"):
        asymmetric = 9 if attrs.get("asymmetric_quantize_inputs") else 3
        return 12 if per_channel else asymmetric
    if len(types) == 2:
        return 6
    kept = 5 if attrs.get("keep_num_dims") else 1
    return max(kept, {("int8", "int8"): 4, ("int16", "int8"): 7, ("int8", "int4"): 10}.get((data, weights), 1))


def _quantize(types: Types, out: TensorType, _: Mapping[str, Any]) -> int:
    data = types[0]
    assert data is not None
    return 2 if "int16" in {data.dtype.value, out.dtype.value} else 1


def _dequantize(types: Types, _: TensorType, __: Mapping[str, Any]) -> int:
    data = types[0]
    assert data is not None
    if data.quant is not None and data.quant.is_per_channel:
        return 5
    return {"int8": 2, "int16": 3, "float16": 3, "int4": 6}.get(data.dtype.value, 1)


_SPECIAL: Mapping[str, _Rule] = {
    "CONV_2D": _conv_2d,
    "DEPTHWISE_CONV_2D": _depthwise,
    "FULLY_CONNECTED": _fully_connected,
    "QUANTIZE": _quantize,
    "DEQUANTIZE": _dequantize,
}
