"""Which operators get a wider scheme, within what that may cost: multiply-accumulates, bytes, instructions."""

import dataclasses
import math
from collections.abc import Mapping

import numpy as np

from packager.compress._contract import Count
from packager.ir import ABSENT, Graph
from packager.ops import call_of, find_op

LEAST = 1e-6
"""A share of an inference's instructions that is none."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Mixed:
    scheme: str = "int16x8"
    """Of the chosen operators: ``int16x8``, or ``float32`` where the target computes floats."""
    share: float = 0.25
    """Of the multiply-accumulates that chosen operators may have, 0 to 1."""
    growth: float = 1.0
    """What the file may gain, as a share of the int8 file; floats take four bytes a weight, int16x8 eight a bias."""
    slowdown: float | None = None
    """What an inference may gain in instructions, as a share of the int8 model's, on each of the targets."""
    loss: float = 0.1
    """Of the summed loss of all tensors that may be left in int8: the choice ends there."""


def choose(
    graph: Graph,
    losses: Mapping[int, float],
    how: Mixed,
    allowed: float = math.inf,
    more: Mapping[int, float] | None = None,
    time: float = math.inf,
) -> Mapping[int, float]:
    """Operators to widen, with the greatest loss among the tensors that they were chosen for.

    Together they have at most ``how.share`` of the multiply-accumulates, gain at most `allowed` bytes, and at most
    `time` instructions, a share of the int8 model's, of which each gains `more`; an operator that is not in it stays.
    Beside floats at least one stays int8.
    """
    macs = {i: _macs(graph, i) for i in range(len(graph.nodes))}
    left, budget = sum(losses.values()), how.share * sum(macs.values())
    goal = how.loss * left
    groups = {i: _group(graph, i, how) for i in losses if losses[i] > 0}
    chosen: dict[int, float] = {}

    def gain(i: int) -> tuple[float, float, int]:
        """What widening for a tensor gives, for the instructions that it still adds; where none count, for itself."""
        cost = 1.0 if more is None else sum(more.get(j, math.inf) for j in groups[i] - chosen.keys())
        return losses[i] / max(cost, LEAST), losses[i], -i

    while groups and left > goal:
        i = max(groups, key=gain)
        group = groups.pop(i)
        together = group | chosen.keys()
        if how.scheme == "float32" and len(together) >= len(losses):
            continue  # a model all in float is no mixed one: there is a recipe for it
        if sum(macs[j] for j in together) > budget or sum(grown(graph, j, how) for j in together) > allowed:
            continue
        if more is not None and sum(more.get(j, math.inf) for j in together) > time:
            continue
        for j in group:
            chosen[j] = max(chosen.get(j, 0.0), losses[i])
        left -= losses[i]
    return dict(sorted(chosen.items()))


def _group(graph: Graph, index: int, how: Mixed) -> set[int]:
    """The operators that must be wide together for the result of one to be so."""
    readers = graph.consumers().get(graph.nodes[index].outputs[0], ()) if how.scheme == "int16x8" else ()
    return {index, *readers}


def _macs(graph: Graph, index: int) -> int:
    op = find_op(graph.nodes[index].op)
    return op.macs(call_of(graph, graph.nodes[index])) if op is not None else 0


def grown(graph: Graph, index: int, how: Mixed) -> int:
    """Bytes that an operator's constants gain in the wider scheme: weights in float, a bias of int64."""
    constants = [graph.tensors[t].data for t in graph.nodes[index].inputs if t != ABSENT]
    floats = [data for data in constants if data is not None and data.dtype == np.float32]
    if how.scheme == "float32":
        return sum(3 * data.size for data in floats if data.ndim > 1)
    return sum(4 * data.size for data in floats if data.ndim == 1)


def added(graph: Graph, counts: Mapping[str, Count]) -> Mapping[int, float]:
    """By operator, what 16 bits add to the instructions of the int8 model, as a share, on the target where it is most.

    Operators that some target's kernels were not counted for have no entry.
    """
    indices = range(len(graph.nodes))
    found: dict[int, float] = {}
    for count in counts.values():
        total = sum(count(graph, i, 8) or 0.0 for i in indices) or 1.0
        for i in indices:
            narrow, wide = count(graph, i, 8), count(graph, i, 16)
            more = math.inf if narrow is None or wide is None else max(wide - narrow, 0.0) / total
            found[i] = max(found.get(i, 0.0), more)
    return {i: share for i, share in found.items() if share < math.inf}


def gained(plain: Graph, mixed: Graph, count: Count) -> float:
    """What the mixed model takes more instructions, as a share of the int8 model's."""
    before, after = (sum(count(g, i) or 0.0 for i in range(len(g.nodes))) for g in (plain, mixed))
    return after / before - 1 if before else 0.0
