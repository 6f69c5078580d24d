"""Putting several operators in the place of one."""

import dataclasses
from collections.abc import Callable

from packager.errors import Diagnostic, Severity
from packager.ir import Graph, GraphBuilder, Model, compact
from packager.rewrite import PassResult

Rewrite = Callable[[GraphBuilder, Graph, int], str]
"""Adds to the builder what replaces an operator of the graph, the last of it writing the operator's own outputs, and
returns what was done; adds nothing and returns an empty string to keep the operator."""


def splice(model: Model, rewrite: Rewrite) -> PassResult:
    """Offer each operator of the main graph for replacement; drop what nobody reads any more."""
    graph = model.main
    builder = GraphBuilder(graph)
    builder.nodes = []
    notes = []
    for i, node in enumerate(graph.nodes):
        if done := rewrite(builder, graph, i):
            notes.append(Diagnostic(severity=Severity.NOTE, where=graph.where(i), message=done))
        else:
            builder.nodes.append(node)
    if not notes:
        return PassResult(model=model, changed=False)
    changed = dataclasses.replace(graph, tensors=tuple(builder.tensors), nodes=tuple(builder.nodes))
    return PassResult(model=compact(model.with_main(_pruned(changed, graph))), changed=True, notes=tuple(notes))


def _pruned(graph: Graph, before: Graph) -> Graph:
    """Without the operators whose results were read before and no longer are."""
    was_read = {t for node in before.nodes for t in node.inputs}
    wanted = set(graph.outputs)
    kept = []
    for node in reversed(graph.nodes):
        idle = wanted.isdisjoint(node.outputs) and not was_read.isdisjoint(node.outputs)
        if not idle:
            kept.append(node)
            wanted.update(node.inputs)
    return dataclasses.replace(graph, nodes=tuple(reversed(kept)))


def single_reader(graph: Graph, t: int) -> int | None:
    """The one operator that reads a tensor which is no output."""
    users = graph.consumers().get(t, ())
    return users[0] if len(users) == 1 and t not in graph.outputs else None
