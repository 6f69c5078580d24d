"""Operators that move elements: the operator's own reference, run on the elements' places, says where each goes."""

from collections.abc import Iterator

import numpy as np

from packager.emit.c._contract import Constant, Fields, Ints, Invocation, Layer, Op, Problem
from packager.ir import ABSENT
from packager.ops import find_op

_LEVELS = 6
"""Nested strides that the kernel takes."""


class Move:
    """Every output element is some element of one input."""

    def problems(self, op: Op) -> Iterator[Problem]:
        for t in op.node.inputs:
            if t != ABSENT and not op.graph.tensors[t].is_constant and _bytes(op, t) != _bytes(op, op.node.outputs[0]):
                yield Problem("its inputs and outputs have several types", "quantize all of them to int8")

    def layer(self, op: Op) -> Layer:
        known = find_op(op.node.op)
        assert known is not None, "a reference is asked for before"
        places, origins = _places(op)
        invocations: list[Invocation] = []
        constants: list[Constant] = []
        for n, moved in enumerate(known.reference(op.evaluation, places)):
            for position, first, last in origins:
                found = _route(op, moved.reshape(-1), first, last, position, n)
                if found is not None:
                    invocations.append(found[0])
                    constants += found[1]
        return Layer(invocations=tuple(invocations), constants=tuple(constants))


def _bytes(op: Op, t: int) -> int:
    return op.graph.type_of(t).dtype.bits // 8


def _places(op: Op) -> tuple[list[Ints | None], list[tuple[int, int, int]]]:
    """Inputs with each element's own number in its place, and each input's range of numbers.

    A constant that only steers (axes, shapes) keeps its values: its type is another than the output's, or it follows
    the data.
    """
    places: list[Ints | None] = []
    origins: list[tuple[int, int, int]] = []
    start = 0
    for position, t in enumerate(op.node.inputs):
        if t == ABSENT or (op.graph.tensors[t].is_constant and op.graph.type_of(t).dtype is not op.output.dtype):
            places.append(op.constant(position))
            continue
        count = op.input(position).elements
        places.append(np.arange(start, start + count, dtype=np.int64).reshape(op.input(position).dims))
        origins.append((position, start, start + count))
        start += count
    return places, origins


def _route(
    op: Op, moved: Ints, first: int, last: int, position: int, output: int
) -> tuple[Invocation, tuple[Constant, ...]] | None:
    """The call that brings one input's elements to one output; None where there are none to bring."""
    mine = np.flatnonzero((moved >= first) & (moved < last))
    source, target = op.at_input(position), op.at_output(output)
    if not len(mine):
        return None
    size = _bytes(op, op.node.outputs[output])
    fields = strided(moved[mine] - first, mine, size)
    if fields is not None:
        if source == target and fields["run"] == size * len(moved):
            return None
        return Invocation(kernel="move", arguments=(source, target), fields=fields), ()
    assert len(mine) == len(moved), f"{op.where}: several inputs by no stride"
    run = _longest_run(moved - first)
    name = f"starts_{output}"
    starts = Constant(name=name, ctype="int32_t", values=(moved[::run] - first) * size)
    table: Fields = {"starts": op.symbol(name), "count": len(moved) // run, "run": run * size}
    return Invocation(kernel="gather", arguments=(source, target), fields=table), (starts,)


def strided(sources: Ints, targets: Ints, size: int) -> dict[str, object] | None:
    """Nested strides that go through `sources` and `targets` in step, as fields of `ep_move`; None where none do.

    The innermost level of step 1 in both becomes a run of bytes.
    """
    pairs = np.stack([sources, targets], axis=1)
    levels: list[tuple[int, int, int]] = []
    while len(pairs) > 1:
        step = pairs[1] - pairs[0]
        regular = (np.diff(pairs, axis=0) == step).all(axis=1)
        count = len(pairs) if regular.all() else int(np.argmin(regular)) + 1
        if len(pairs) % count:
            return None
        blocks = pairs.reshape(-1, count, 2)
        if not (blocks - blocks[:, :1] == blocks[0] - blocks[0, 0]).all():
            return None
        levels.append((count, int(step[0]), int(step[1])))
        pairs = blocks[:, 0]
    run = 1
    if levels and levels[0][1:] == (1, 1):
        run = levels.pop(0)[0]
    if len(levels) > _LEVELS:
        return None
    outermost_first = [(1, 0, 0)] * (_LEVELS - len(levels)) + levels[::-1]
    return {
        "in": int(sources[0]) * size,
        "out": int(targets[0]) * size,
        "run": run * size,
        "dims": [count for count, _, _ in outermost_first],
        "in_strides": [step * size for _, step, _ in outermost_first],
        "out_strides": [step * size for _, _, step in outermost_first],
    }


def _longest_run(places: Ints) -> int:
    """The longest length such that the places are runs of it, each element next to the one before."""
    breaks = np.flatnonzero(np.diff(places) != 1) + 1
    return int(np.gcd.reduce([len(places), *breaks]))
