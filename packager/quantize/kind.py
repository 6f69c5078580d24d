"""Is a model float, integer, or something in between that no artifact can be made from?"""

import enum

from packager.errors import Diagnostic, Severity, UnsupportedError
from packager.ir import ABSENT, DType, Graph, Model, Node

_HINT = "give the float model it was made from, exported without optimizations, and let EdgePack quantize it"
_SHOWN = 3


class Kind(enum.StrEnum):
    FLOAT = "float"
    INTEGER = "integer"
    HALF = "half"


def kind_of(model: Model) -> Kind:
    """Classify by what the operators compute in.

    ``float``: no quantized tensor and no float16 weight. ``integer``: operators read and write integers only, float at
    most at the model's own inputs and outputs (behind QUANTIZE, before DEQUANTIZE, or out of a custom operator);
    legacy uint8 models are integer. ``half``: anything between, as dynamic-range and float16 files are.
    """
    if not any(_is_quantized(graph, t) for graph in model.graphs for t in range(len(graph.tensors))):
        return Kind.FLOAT
    return Kind.HALF if _mixed(model.main) else Kind.INTEGER


def refuse_half(model: Model) -> None:
    """Raises: UnsupportedError for a half-quantized model, with its first offending operators."""
    if kind_of(model) is not Kind.HALF:
        return
    found = _mixed(model.main)
    lines = "".join(f"\n  - {d}" for d in found[:_SHOWN])
    rest = f"\n  and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    raise UnsupportedError(f"{model.name}: neither a float nor an integer model:{lines}{rest}", hint=_HINT)


def _is_quantized(graph: Graph, t: int) -> bool:
    type_ = graph.type_of(t)
    return type_.is_quantized or type_.dtype in {DType.FLOAT16, DType.BFLOAT16, DType.INT4, DType.INT2}


def _mixed(graph: Graph) -> list[Diagnostic]:
    """Operators in which float and quantized tensors meet, inside the graph."""
    quantized = any(_is_quantized(graph, t) for t in range(len(graph.tensors)))
    return [d for i, node in enumerate(graph.nodes) if quantized and (d := _problem(graph, i, node))]


def _problem(graph: Graph, index: int, node: Node) -> Diagnostic | None:
    for t in (*node.inputs, *node.outputs):
        if t == ABSENT or not graph.type_of(t).dtype.is_float or _is_edge(graph, node, t):
            continue
        tensor = graph.tensors[t]
        low = [graph.tensors[i] for i in node.inputs if i != ABSENT and _is_quantized(graph, i)]
        if low:
            message = f"has {low[0].type.dtype.value} {low[0].name!r} beside {tensor.type.dtype.value} {tensor.name!r}"
        else:
            message = f"computes in {tensor.type.dtype.value} in a model that is quantized elsewhere"
        return Diagnostic(severity=Severity.ERROR, where=graph.where(index), message=message)
    return None


def _is_edge(graph: Graph, node: Node, t: int) -> bool:
    """Whether a float tensor is the model's own, converted by this very operator."""
    if node.op == "QUANTIZE":
        return t in graph.inputs
    return node.op in {"DEQUANTIZE", "CUSTOM"} and t in graph.outputs
