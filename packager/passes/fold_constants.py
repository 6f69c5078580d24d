"""What no input reaches is computed now: shape arithmetic, transposed weights."""

import dataclasses
from collections.abc import Iterable

from packager.errors import Diagnostic, Severity
from packager.ir import Graph, Model, Node, Tensor, compact, frozen
from packager.passes._litert import propagate
from packager.rewrite import Pass, PassResult

_OF_SHAPE = frozenset({"SHAPE", "RANK"})
"""Constant once the shape of their input is."""
_KEPT = frozenset(
    {
        "CUSTOM", "WHILE", "IF", "CALL", "CALL_ONCE", "STABLEHLO_COMPOSITE",  # may have effects
        "VAR_HANDLE", "READ_VARIABLE", "ASSIGN_VARIABLE",
        "HASHTABLE", "HASHTABLE_FIND", "HASHTABLE_IMPORT", "HASHTABLE_SIZE",
        "RANDOM_UNIFORM", "RANDOM_STANDARD_NORMAL", "MULTINOMIAL",  # not the same twice
        "DEQUANTIZE", "DENSIFY",  # keep weights small in the file
    }
)  # fmt: skip


class FoldConstants(Pass):
    """Replaces operators whose result is the same for every input by that result, as LiteRT computes it."""

    def requires(self, model: Model) -> Iterable[str]:
        for t in model.main.inputs:
            if model.main.type_of(t).dynamic_dims:
                yield f"input {model.main.tensors[t].name!r} has a dynamic dimension"

    def apply(self, model: Model) -> PassResult:
        graph = model.main
        folded = _foldable(graph)
        if not folded:
            return PassResult(model=model, changed=False)
        needed = _needed(graph, folded)
        _, values = propagate(model, needed)

        def fix(index: int, tensor: Tensor) -> Tensor:
            if index not in values:
                return tensor
            value = values[index]
            type_ = dataclasses.replace(tensor.type, shape=value.shape, signature=None)
            return dataclasses.replace(tensor, type=type_, data=frozen(value))

        nodes = tuple(node for i, node in enumerate(graph.nodes) if i not in folded)
        smaller = dataclasses.replace(graph.with_tensors(fix), nodes=nodes)
        names = ", ".join(graph.where(i) for i in sorted(folded)[:3])
        note = Diagnostic(severity=Severity.NOTE, message=f"{len(folded)} operators of constants folded: {names}")
        return PassResult(model=compact(model.with_main(smaller)), changed=True, notes=(note,))


def _foldable(graph: Graph) -> set[int]:
    constant = {t for t, tensor in enumerate(graph.tensors) if tensor.is_constant and not tensor.is_variable}
    outputs = set(graph.outputs)
    folded: set[int] = set()
    for i, node in enumerate(graph.nodes):
        if node.op in _KEPT or not outputs.isdisjoint(node.outputs) or not node.outputs:
            continue
        if _is_constant(node, constant):
            folded.add(i)
            constant.update(node.outputs)
    return folded


def _is_constant(node: Node, constant: set[int]) -> bool:
    if node.op in _OF_SHAPE:
        return True
    return bool(node.inputs) and all(t in constant for t in node.inputs if t >= 0)


def _needed(graph: Graph, folded: set[int]) -> tuple[int, ...]:
    """Results of folded operators that others still read."""
    results = {t for i in folded for t in graph.nodes[i].outputs}
    read = {t for i, node in enumerate(graph.nodes) if i not in folded for t in node.inputs}
    return tuple(sorted(results & read))
