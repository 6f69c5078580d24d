"""Other types at an integer model's inputs and outputs, where that changes no result."""

import dataclasses
from collections.abc import Iterator, Mapping

from packager.errors import Diagnostic, Severity, UnsupportedError
from packager.ir import DType, Graph, Model, Node, QuantParams, Tensor, TensorType, compact
from packager.passes._edges import bared, converter, renamed, with_edge
from packager.rewrite import Pass, PassResult

_SHIFT = {("int8", "uint8"): 128, ("uint8", "int8"): -128}
"""What is added to the zero point, so that the same integers mean the same."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class EdgeTypes(Pass):
    """Gives inputs and outputs the types ``int8``, ``uint8`` or ``float32``; empty leaves them.

    A converter that the file has at an edge is dropped, which bares the quantized tensor behind it; then one is put
    where the type wanted is another. Both are exact: int8 and uint8 are a shift of the zero point apart, and float32
    is the conversion that the caller would do.
    """

    inputs: str = ""
    outputs: str = ""

    def apply(self, model: Model) -> PassResult:
        """Raises: UnsupportedError for a conversion that is not exact, as from int8 to int16."""
        graph = model.main
        wanted = {t: self.inputs for t in graph.inputs if self.inputs}
        wanted |= {t: self.outputs for t in graph.outputs if self.outputs}
        moving = {t: w for t, w in wanted.items() if _is_value(graph, t) and graph.type_of(t).dtype.value != w}
        if not moving:
            return PassResult(model=model, changed=False)
        if problems := list(_problems(graph, moving)):
            raise UnsupportedError.from_diagnostics(model.name, problems)
        for t, type_ in moving.items():
            model, inner = bared(model, t)
            model = _converted(model, inner, type_)
        return PassResult(model=compact(model), changed=True)


def _is_value(graph: Graph, t: int) -> bool:
    """Quantized, or real: class numbers and token ids have no other type."""
    return graph.type_of(t).is_quantized or graph.type_of(t).dtype.is_float


def _problems(graph: Graph, moving: Mapping[int, str]) -> Iterator[Diagnostic]:
    for t, wanted in moving.items():
        found = converter(graph, t)
        have = graph.type_of(t if found is None else found[1]).dtype.value
        if wanted not in {have, "float32"} and (have, wanted) not in _SHIFT:
            yield Diagnostic(
                severity=Severity.ERROR,
                where=f"{'input' if t in graph.inputs else 'output'} {graph.tensors[t].name!r}",
                message=f"is {graph.type_of(t).dtype.value} and can't become {wanted} without another result",
                hint="give the float model, and its edges may have any type",
            )


def _converted(model: Model, t: int, wanted: str) -> Model:
    """With a converter between the quantized tensor `t` and a new edge of the type wanted, under its name."""
    graph = model.main
    tensor = graph.tensors[t]
    if tensor.type.dtype.value == wanted:
        return model
    edge = len(graph.tensors)
    graph = renamed(graph, t, name=f"{tensor.name}_{tensor.type.dtype.value}")
    outer = Tensor(name=tensor.name, type=_edge_type(tensor.type, wanted))
    graph = dataclasses.replace(graph, tensors=(*graph.tensors, outer))
    if t in graph.inputs:
        first = Node(op="QUANTIZE", options="QuantizeOptions", inputs=(edge,), outputs=(t,))
        nodes = (first, *graph.nodes)
    elif wanted == "float32":
        last = Node(op="DEQUANTIZE", options="DequantizeOptions", inputs=(t,), outputs=(edge,), version=2)
        nodes = (*graph.nodes, last)
    else:
        last = Node(op="QUANTIZE", options="QuantizeOptions", inputs=(t,), outputs=(edge,))
        nodes = (*graph.nodes, last)
    return with_edge(model, dataclasses.replace(graph, nodes=nodes), t, edge)


def _edge_type(inner: TensorType, wanted: str) -> TensorType:
    if wanted == "float32":
        return dataclasses.replace(inner, dtype=DType.FLOAT32, quant=None)
    shifted = inner.zero_point + _SHIFT[inner.dtype.value, wanted]
    return dataclasses.replace(inner, dtype=DType(wanted), quant=QuantParams.per_tensor(inner.scale, shifted))
