"""What each node of an ONNX file costs TensorRT: multiply-accumulates, parameters, and whether it is a layer at all.

TensorRT folds what is constant, reads reshapes and Q/DQ pairs as no work of their own, and runs batch normalization and
activation inside the layer that they follow. The rest is charged as one layer each.
"""

import dataclasses
import math
from collections.abc import Mapping

from packager.plan.cost import OpCost
from packager.plan.onnx_graph import OnnxGraph, OnnxNode, Value

_CONVOLUTIONS = ("Conv", "ConvTranspose")
_PRODUCTS = ("Gemm", "MatMul")
_POOLS = ("AveragePool", "GlobalAveragePool", "GlobalMaxPool", "MaxPool", "ReduceMax", "ReduceMean", "ReduceSum")
_MOVES = ("Concat", "DepthToSpace", "Gather", "Pad", "Slice", "SpaceToDepth", "Split", "Tile", "Transpose")
_FOLLOWS = ("BatchNormalization", "Clip", "Elu", "HardSigmoid", "HardSwish", "LeakyRelu", "PRelu", "Relu", "Sigmoid")
"""Run inside a convolution, matrix product or addition that they follow."""
_FREE = ("Constant", "Dropout", "Flatten", "Identity", "Reshape", "Squeeze", "Unsqueeze")
_PAIR = ("QuantizeLinear", "DequantizeLinear")
_SIZES = {"INT8": 1, "UINT8": 1, "BOOL": 1, "FP16": 2, "BF16": 2, "INT16": 2, "FP64": 8, "INT64": 8}
"""Bytes of the types that have other than 4."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class NodeCost:
    cost: OpCost
    """`index` is the node's in the file; `kind` is empty for what is no layer of its own."""
    name: str
    reason: str
    """``int8``, ``float``, or what the node runs inside of."""


def onnx_cost(graph: OnnxGraph) -> tuple[NodeCost, ...]:
    """Return a row per node that computes something; constants and Q/DQ pairs have none.

    A node that reads quantized values is ``int8``; whether it computes so in the end is the builder's choice.
    """
    makers = {value.name: node for node in graph.nodes for value in node.outputs}
    users: dict[str, int] = {}
    for node in graph.nodes:
        for value in node.inputs:
            if value is not None:
                users[value.name] = users.get(value.name, 0) + 1
    inside: dict[str, str] = {}
    seen: set[str] = set()
    rows = []
    for index, node in enumerate(graph.nodes):
        if node.op in (*_PAIR, "Constant") or all(value.foldable for value in node.outputs):
            continue
        host = _host(node, makers, users, inside)
        if host:
            inside |= {value.name: host for value in node.outputs}
        rows.append(
            NodeCost(cost=_cost(index, node, host, makers, seen), name=node.name, reason=_why(node, host, makers))
        )
    return tuple(rows)


def _host(node: OnnxNode, makers: Mapping[str, OnnxNode], users: Mapping[str, int], inside: Mapping[str, str]) -> str:
    """The name of the node that this one runs inside of; empty where it runs by itself."""
    value = node.input(0)
    if node.op not in _FOLLOWS or value is None or users[value.name] != 1:
        return ""
    if value.name in inside:
        return inside[value.name]
    maker = makers.get(value.name)
    return maker.name if maker is not None and maker.op in (*_CONVOLUTIONS, *_PRODUCTS, "Add") else ""


def _cost(index: int, node: OnnxNode, host: str, makers: Mapping[str, OnnxNode], seen: set[str]) -> OpCost:
    constants = [value for value in _constants(node, makers) if value.name not in seen]
    seen |= {value.name for value in constants}
    moved = [*(value for value in node.inputs if value is not None), *node.outputs]
    return OpCost(
        index=index,
        op=node.op,
        kind="" if host or node.op in _FREE else _kind(node),
        macs=_macs(node),
        params=sum(_elements(value) for value in constants),
        constant_bytes=sum(_bytes(value) for value in constants),
        moved_bytes=sum(_bytes(value) for value in moved),
        elements=sum(_elements(value) for value in node.outputs),
        type="int8" if _reads_int8(node, makers) else "float",
    )


def _constants(node: OnnxNode, makers: Mapping[str, OnnxNode]) -> list[Value]:
    """Constants that the node reads, straight or through a Q/DQ pair, whose own scales count with them."""
    found: dict[str, Value] = {}
    rest = [value for value in node.inputs if value is not None]
    while rest:
        value = rest.pop(0)
        maker = makers.get(value.name)
        if maker is not None and maker.op in _PAIR:
            rest += [v for v in maker.inputs if v is not None]
        elif value.constant:
            found[value.name] = value
    return list(found.values())


def _why(node: OnnxNode, host: str, makers: Mapping[str, OnnxNode]) -> str:
    if host:
        return f"inside {host!r}"
    if node.op in _FREE:
        return "no work of its own"
    return "int8" if _reads_int8(node, makers) else "float"


def _reads_int8(node: OnnxNode, makers: Mapping[str, OnnxNode]) -> bool:
    first = node.input(0)
    maker = makers.get(first.name) if first is not None else None
    return maker is not None and maker.op == "DequantizeLinear"


def _kind(node: OnnxNode) -> str:
    if node.op in _CONVOLUTIONS:
        weights = _dims(node.input(1))
        if node.attrs.get("group", 1) > 1 and weights[1:2] == (1,):
            return "depthwise"
        return "conv" if any(size > 1 for size in weights[2:]) else "pointwise"
    if node.op in _PRODUCTS:
        return "dense"
    return "pool" if node.op in _POOLS else "move" if node.op in _MOVES else "elementwise"


def _macs(node: OnnxNode) -> int:
    """0 where a shape is open."""
    if node.op == "ConvTranspose":
        return _elements(node.input(0)) * math.prod(_dims(node.input(1))[1:])
    if node.op == "Conv":
        return _elements(node.outputs[0]) * math.prod(_dims(node.input(1))[1:])
    if node.op in _PRODUCTS:
        first = _dims(node.input(0))
        inner = (first[0] if node.attrs.get("transA", 0) else first[-1]) if first else 0
        return _elements(node.outputs[0]) * inner
    return 0


def _dims(value: Value | None) -> tuple[int, ...]:
    return value.dims if value is not None and value.dims is not None else ()


def _elements(value: Value | None) -> int:
    if value is None or value.dims is None or -1 in value.dims:
        return 0
    return math.prod(value.dims)


def _bytes(value: Value) -> int:
    return _elements(value) * _SIZES.get(value.dtype, 4)
