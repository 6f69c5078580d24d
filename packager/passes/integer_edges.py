"""Real numbers at an integer model's edges, left to the caller: the Edge TPU has no operator for them."""

from collections.abc import Iterable

from packager.errors import Diagnostic, Severity
from packager.ir import Graph, Model, compact
from packager.passes._edges import bared, converter
from packager.rewrite import Pass, PassResult


class IntegerEdges(Pass):
    """Drops the QUANTIZE behind a float input and the DEQUANTIZE before a float output.

    Exact: the caller converts with the scale and zero point that the tensor carries, as the operator did.
    """

    def apply(self, model: Model) -> PassResult:
        notes = []
        for t in (*model.main.inputs, *model.main.outputs):
            if not _is_convertible(model.main, t):
                continue
            model, inner = bared(model, t)
            graph = model.main
            what = "input" if inner in graph.inputs else "output"
            type_ = graph.type_of(inner)
            notes.append(
                Diagnostic(
                    severity=Severity.NOTE,
                    where=f"{what} {graph.tensors[inner].name!r}",
                    message=f"taken as {type_.dtype} with scale {type_.scale:.6g}, zero point {type_.zero_point}: "
                    "its float converter is dropped",
                )
            )
        return PassResult(model=compact(model) if notes else model, changed=bool(notes), notes=tuple(notes))

    def ensures(self, model: Model) -> Iterable[str]:
        for t in (*model.main.inputs, *model.main.outputs):
            if _is_convertible(model.main, t):
                yield f"{model.main.tensors[t].name!r} is float still"


def _is_convertible(graph: Graph, t: int) -> bool:
    found = converter(graph, t) if graph.type_of(t).dtype.is_float else None
    edges = (*graph.inputs, *graph.outputs)
    if found is None or found[1] in edges or edges.count(t) > 1 or _is_per_channel(graph, found[1]):
        return False
    return t in graph.inputs or t not in graph.consumers()


def _is_per_channel(graph: Graph, t: int) -> bool:
    quant = graph.type_of(t).quant
    return quant is not None and quant.is_per_channel
