"""Dropping the tensors that nothing mentions any more."""

import dataclasses
from collections.abc import Mapping
from types import MappingProxyType

from packager.ir.model import ABSENT, Model, Node, Residue


def compact(model: Model) -> Model:
    """Return the model with its main graph's unmentioned tensors gone and the rest renumbered in order.

    A pass may leave orphans behind and call this once at the end.
    """
    graph = model.main
    used = {*graph.inputs, *graph.outputs}
    for node in graph.nodes:
        used.update(node.inputs, node.outputs, node.intermediates)
    for signature in model.signatures:
        if signature.graph == 0:
            used.update(t for _, t in (*signature.inputs, *signature.outputs))
    used.discard(ABSENT)
    kept = sorted(used)
    number = {old: new for new, old in enumerate(kept)} | {ABSENT: ABSENT}
    smaller = dataclasses.replace(
        graph,
        tensors=tuple(graph.tensors[t] for t in kept),
        nodes=tuple(_renumber(node, number) for node in graph.nodes),
        inputs=tuple(number[t] for t in graph.inputs),
        outputs=tuple(number[t] for t in graph.outputs),
    )
    signatures = tuple(
        dataclasses.replace(
            s,
            inputs=tuple((name, number[t]) for name, t in s.inputs),
            outputs=tuple((name, number[t]) for name, t in s.outputs),
        )
        if s.graph == 0
        else s
        for s in model.signatures
    )
    return dataclasses.replace(model.with_main(smaller), signatures=signatures)


def _renumber(node: Node, number: Mapping[int, int]) -> Node:
    residue = node.residue
    if residue is not None and node.intermediates:
        moved = tuple(number[t] for t in node.intermediates)
        residue = Residue(fields=MappingProxyType({**residue.fields, "intermediates": moved}))
    return dataclasses.replace(
        node,
        inputs=tuple(number[t] for t in node.inputs),
        outputs=tuple(number[t] for t in node.outputs),
        residue=residue,
    )
