"""Where two models differ; the judge of round trips and of byte-for-byte claims."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from packager.ir.model import Graph, Model, Residue


def difference(a: Model, b: Model) -> str | None:
    """Return the first difference as ``graph 0 tensor 3 'x': shape (1,) != (2,)``, or None; names of models aside."""
    for field in ("version", "description", "signatures", "metadata"):
        if getattr(a, field) != getattr(b, field):
            return f"{field}: {getattr(a, field)!r} != {getattr(b, field)!r}"
    if len(a.graphs) != len(b.graphs):
        return f"{len(a.graphs)} graphs != {len(b.graphs)}"
    for g, (left, right) in enumerate(zip(a.graphs, b.graphs, strict=True)):
        if found := _graph_difference(left, right):
            return f"graph {g} {found}"
    return None


def _graph_difference(a: Graph, b: Graph) -> str | None:
    for field in ("name", "inputs", "outputs"):
        if getattr(a, field) != getattr(b, field):
            return f"{field}: {getattr(a, field)!r} != {getattr(b, field)!r}"
    pairs: tuple[tuple[str, Sequence[Any], Sequence[Any]], ...] = (
        ("tensor", a.tensors, b.tensors),
        ("node", a.nodes, b.nodes),
    )
    for what, left, right in pairs:
        if len(left) != len(right):
            return f"{len(left)} {what}s != {len(right)}"
        for i, (x, y) in enumerate(zip(left, right, strict=True)):
            if found := _field_difference(x, y):
                return f"{what} {i}: {found}"
    return None


def _field_difference(a: Any, b: Any) -> str | None:
    for field in dataclasses.fields(a):
        one, other = getattr(a, field.name), getattr(b, field.name)
        if not _same(one, other):
            return f"{field.name} {one!r} != {other!r}"
    return None


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, Residue) and isinstance(b, Residue):
        return a.fields.keys() == b.fields.keys() and all(_same(a.fields[k], b.fields[k]) for k in a.fields)
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        return (
            isinstance(a, np.ndarray)
            and isinstance(b, np.ndarray)
            and a.dtype == b.dtype
            and a.shape == b.shape
            and a.tobytes() == b.tobytes()
        )
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(_same(x, y) for x, y in zip(a, b, strict=True))
    if hasattr(a, "__dict__") and type(a) is type(b):  # an object of the schema that we carry unread
        return vars(a).keys() == vars(b).keys() and all(_same(v, vars(b)[k]) for k, v in vars(a).items())
    return bool(a == b)
