"""Other types at an integer model's inputs and outputs, where that changes no result."""

import dataclasses
from collections.abc import Iterator, Mapping

from packager.errors import Diagnostic, Severity, UnsupportedError
from packager.ir import DType, Graph, Model, Node, QuantParams, Tensor, TensorType, compact
from packager.rewrite import Pass, PassResult

_SHIFT = {("int8", "uint8"): 128, ("uint8", "int8"): -128}
"""What is added to the zero point, so that the same integers mean the same."""
_CONVERTERS = frozenset({"QUANTIZE", "DEQUANTIZE"})


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
            model, inner = _bared(model, t)
            model = _converted(model, inner, type_)
        return PassResult(model=compact(model), changed=True)


def _is_value(graph: Graph, t: int) -> bool:
    """Quantized, or real: class numbers and token ids have no other type."""
    return graph.type_of(t).is_quantized or graph.type_of(t).dtype.is_float


def _converter(graph: Graph, t: int) -> tuple[Node, int] | None:
    """The operator that alone stands between an edge and a quantized tensor, and that tensor."""
    if t in graph.inputs:
        users = graph.consumers().get(t, ())
        nodes = [graph.nodes[i] for i in users] if len(users) == 1 else []
    else:
        nodes = [node for node in graph.nodes if t in node.outputs]
    for node in nodes:
        beyond = node.outputs[0] if t in graph.inputs else node.inputs[0]
        if node.op in _CONVERTERS and graph.type_of(beyond).is_quantized:
            return node, beyond
    return None


def _problems(graph: Graph, moving: Mapping[int, str]) -> Iterator[Diagnostic]:
    for t, wanted in moving.items():
        found = _converter(graph, t)
        have = graph.type_of(t if found is None else found[1]).dtype.value
        if wanted not in {have, "float32"} and (have, wanted) not in _SHIFT:
            yield Diagnostic(
                severity=Severity.ERROR,
                where=f"{'input' if t in graph.inputs else 'output'} {graph.tensors[t].name!r}",
                message=f"is {graph.type_of(t).dtype.value} and can't become {wanted} without another result",
                hint="give the float model, and its edges may have any type",
            )


def _bared(model: Model, t: int) -> tuple[Model, int]:
    """Without the converter at an edge; the tensor behind it takes the edge's place and name."""
    graph, found = model.main, _converter(model.main, t)
    if found is None:
        return model, t
    node, inner = found
    name = graph.tensors[t].name
    graph = _changed(graph, inner, name=name)
    graph = _changed(graph, t, name=f"{name}_bared")
    graph = dataclasses.replace(graph, nodes=tuple(n for n in graph.nodes if n is not node))
    return _with_edge(model, graph, t, inner), inner


def _converted(model: Model, t: int, wanted: str) -> Model:
    """With a converter between the quantized tensor `t` and a new edge of the type wanted, under its name."""
    graph = model.main
    tensor = graph.tensors[t]
    if tensor.type.dtype.value == wanted:
        return model
    edge = len(graph.tensors)
    graph = _changed(graph, t, name=f"{tensor.name}_{tensor.type.dtype.value}")
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
    return _with_edge(model, dataclasses.replace(graph, nodes=nodes), t, edge)


def _edge_type(inner: TensorType, wanted: str) -> TensorType:
    if wanted == "float32":
        return dataclasses.replace(inner, dtype=DType.FLOAT32, quant=None)
    shifted = inner.zero_point + _SHIFT[inner.dtype.value, wanted]
    return dataclasses.replace(inner, dtype=DType(wanted), quant=QuantParams.per_tensor(inner.scale, shifted))


def _changed(graph: Graph, t: int, *, name: str) -> Graph:
    return graph.with_tensors(lambda i, tensor: dataclasses.replace(tensor, name=name) if i == t else tensor)


def _with_edge(model: Model, graph: Graph, old: int, new: int) -> Model:
    """The model with `graph`, in which another tensor is the edge that `old` was."""

    def moved(tensors: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(new if t == old else t for t in tensors)

    def named(pairs: tuple[tuple[str, int], ...]) -> tuple[tuple[str, int], ...]:
        return tuple((name, new if t == old else t) for name, t in pairs)

    signatures = tuple(
        dataclasses.replace(s, inputs=named(s.inputs), outputs=named(s.outputs)) if s.graph == 0 else s
        for s in model.signatures
    )
    edged = dataclasses.replace(graph, inputs=moved(graph.inputs), outputs=moved(graph.outputs))
    return dataclasses.replace(model.with_main(edged), signatures=signatures)
