"""The written flatbuffer, read again and held against what was asked for."""

from collections.abc import Iterator, Mapping

from packager.config.recipe import CALIBRATED, Recipe
from packager.errors import Diagnostic, Severity
from packager.ir import ABSENT, Graph, Model, Node
from packager.quantize._contract import QuantPlan

_CONVERTERS = frozenset({"QUANTIZE", "DEQUANTIZE"})


def check_integer(
    model: Model,
    recipe: Recipe,
    max_versions: Mapping[str, int] | None = None,
    *,
    plan: QuantPlan | None = None,
) -> tuple[Diagnostic, ...]:
    """Return every broken promise of an integer model.

    Args:
        model: As read back from the file.
        recipe: What was asked for: types of inputs and outputs.
        max_versions: Operator to the highest version that the target's parser takes.
        plan: Names the operators that were meant to stay in float, if any.
    """
    found = [*_dynamic(model), *_versions(model.main, max_versions or {})]
    if recipe.scheme in CALIBRATED:
        found += _edges(model, recipe)
        found += _floats(model.main, _meant_float(plan))
    return tuple(found)


def _error(where: str, message: str, hint: str) -> Diagnostic:
    return Diagnostic(severity=Severity.ERROR, where=where, message=message, hint=hint)


def _dynamic(model: Model) -> Iterator[Diagnostic]:
    graph = model.main
    for t in graph.activations():
        if graph.type_of(t).dynamic_dims:
            yield _error(
                f"tensor {graph.tensors[t].name!r}",
                f"has no fixed shape: {list(graph.type_of(t).signature or graph.type_of(t).dims)}",
                "give --input-shape",
            )


def _versions(graph: Graph, limits: Mapping[str, int]) -> Iterator[Diagnostic]:
    for i, node in enumerate(graph.nodes):
        limit = limits.get(node.op)
        if limit is not None and node.version > limit:
            message = f"is version {node.version}, the target takes {limit} at most"
            yield _error(graph.where(i), message, "replace the operator")


def _edges(model: Model, recipe: Recipe) -> Iterator[Diagnostic]:
    edges = (("input", model.main.inputs, recipe.inputs), ("output", model.main.outputs, recipe.outputs))
    for what, tensors, wanted in edges:
        for t in tensors:
            tensor = model.main.tensors[t]
            if (tensor.type.is_quantized or tensor.type.dtype.is_float) and tensor.type.dtype.value != wanted:
                yield _error(
                    f"{what} {tensor.name!r}",
                    f"is {tensor.type.dtype.value}, not {wanted}",
                    f"use {what}s = {wanted!r}",
                )


def _meant_float(plan: QuantPlan | None) -> frozenset[str]:
    """Names of the operators that a rule leaves in float."""
    if plan is None:
        return frozenset()
    return frozenset(op.name for op in plan.ops if op.scheme not in CALIBRATED)


def _floats(graph: Graph, meant: frozenset[str]) -> Iterator[Diagnostic]:
    for i, node in enumerate(graph.nodes):
        if graph.node_name(i) in meant or (node.op in _CONVERTERS and meant):
            continue
        for t in _floating(graph, node):
            if _is_edge(graph, node, t):
                continue
            what = "converts inside the graph" if node.op in _CONVERTERS else "stays in float"
            message = f"{what}: tensor {graph.tensors[t].name!r} is {graph.type_of(t).dtype.value}"
            yield _error(graph.where(i), message, "it has no integer form; replace it or give it a rule")
            break


def _floating(graph: Graph, node: Node) -> list[int]:
    return [t for t in (*node.inputs, *node.outputs) if t != ABSENT and graph.type_of(t).dtype.is_float]


def _is_edge(graph: Graph, node: Node, t: int) -> bool:
    if node.op == "QUANTIZE":
        return t in graph.inputs
    return node.op == "DEQUANTIZE" and t in graph.outputs
