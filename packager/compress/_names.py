"""Layers by the names that people type: the whole of it, or a part that no other layer has.

Converters make one name of all that they fused, ``m/conv_1/convolution;m/norm_1/batchnorm/add_1``; ``conv_1`` is what
its author called it.
"""

import collections
import dataclasses
from collections.abc import Iterable, Mapping
from typing import TypeVar

from packager.errors import ConfigError, did_you_mean
from packager.ir import Graph

_OPTIONS = ("layers", "skip", "freeze")
"""Those of any step that hold names."""
P = TypeVar("P")


def parts_of(name: str) -> frozenset[str]:
    """The whole, each of the names it was joined from, and each of their scopes."""
    joined = name.split(";")
    return frozenset({name, *joined, *(scope for part in joined for scope in part.split("/"))} - {""})


def named(known: Iterable[str], wanted: Iterable[str], key: str) -> None:
    """Refuse names that are no layer's.

    Raises:
        ConfigError: with the nearest name.
    """
    names = frozenset(known)
    for name in wanted:
        if name not in names:
            raise ConfigError(f"{key}: no layer {name!r} that this step takes", hint=_nearest(name, names))


def spelled(parameters: P, graph: Graph) -> P:
    """A step's parameters with each part of a name as the whole of it.

    What is no layer's stays as it is, for the step to refuse.

    Raises:
        ConfigError: a part that several layers have.
    """
    known = tuple(dict.fromkeys(weighty(graph)))
    changed = {}
    for key in _OPTIONS:
        if given := getattr(parameters, key, ()):
            changed[key] = tuple(_whole(name, known, key) for name in given)
    return dataclasses.replace(parameters, **changed) if changed else parameters  # type: ignore[type-var]  # a dataclass


def weighty(graph: Graph) -> Iterable[str]:
    """Yield the names of the operators that have weights."""
    for index, node in enumerate(graph.nodes):
        constants = (graph.tensors[t].data for t in node.inputs if t >= 0)
        if any(data is not None and data.ndim > 1 for data in constants):
            yield graph.node_name(index)


def _whole(name: str, known: Iterable[str], key: str) -> str:
    found = [each for each in known if name in parts_of(each)]
    if name in found or not found:
        return name
    if len(found) > 1:
        few = " or ".join(repr(own) for own in _short(found).values() if own != name)
        raise ConfigError(f"{key}: {name!r} is part of {len(found)} layers' names", hint=f"write {few}")
    return found[0]


def _short(names: Iterable[str]) -> Mapping[str, str]:
    """By name, the shortest part that no other has; a last scope, ``convolution``, only where there is nothing else."""
    parts = {name: parts_of(name) for name in names}
    lasts = {name: {joined.rpartition("/")[2] for joined in name.split(";") if "/" in joined} for name in parts}
    count = collections.Counter(part for each in parts.values() for part in each)
    return {
        name: min((p for p in each if count[p] == 1), key=lambda p: (p in lasts[name], len(p), p), default=name)
        for name, each in parts.items()
    }


def _nearest(name: str, names: frozenset[str]) -> str:
    """The nearest part of a name that tells a layer; of all else one for each layer."""
    short = _short(names)
    near = did_you_mean(name, {part for each in names for part in parts_of(each)} - {name})
    return near if near.startswith("did") else f"known: {', '.join(sorted(short.values()))}"
