"""Operators that move elements: the operator's own reference, run on the elements' places, says where each goes."""

import dataclasses
from collections.abc import Iterator

import numpy as np

from packager.emit.c._contract import Constant, Ints, Invocation, Layer, Op, Problem
from packager.ir import ABSENT
from packager.ops import find_op

_LEVELS = 6
"""Nested strides that the kernel takes."""
_APART = 1 << 20
"""The first element's number: far from any zero point that a reference pads with."""


@dataclasses.dataclass(frozen=True, slots=True)
class Move:
    """Every output element is some element of one input, or the zero point."""

    data: int | tuple[int, ...] | None = 0
    """The position of the input that moves, or of those that do, the others saying how; None where all move."""

    def problems(self, op: Op) -> Iterator[Problem]:
        output = op.output.dtype
        for position, t in enumerate(op.node.inputs):
            if t == ABSENT:
                continue
            if not self._moves(position):
                if op.constant(position) is None:
                    yield Problem(f"its input {position} is computed, not constant", "freeze it")
            elif op.graph.type_of(t).dtype is not output:
                yield Problem("its inputs and outputs have several types", "quantize all of them alike")
        if any(op.graph.type_of(t).dtype is not output for t in op.node.outputs):
            yield Problem("its outputs have several types", "quantize all of them alike")

    def layer(self, op: Op) -> Layer:
        known = find_op(op.node.op)
        assert known is not None, "a reference is asked for before"
        places, origins = self._places(op)
        invocations: list[Invocation] = []
        constants: list[Constant] = []
        for n, moved in enumerate(known.reference(op.evaluation, places)):
            flat = moved.reshape(-1)
            if (flat < _APART).any():
                invocations.append(filled(op, n))
            for position, first, last in origins:
                found = _route(op, flat, first, last, position, n)
                if found is not None:
                    invocations.append(found[0])
                    constants += found[1]
        return Layer(invocations=tuple(invocations), constants=tuple(constants))

    def _moves(self, position: int) -> bool:
        return self.data is None or position == self.data or (isinstance(self.data, tuple) and position in self.data)

    def _places(self, op: Op) -> tuple[list[Ints | None], list[tuple[int, int, int]]]:
        """Inputs with each element's own number in its place, and each input's range of numbers."""
        places: list[Ints | None] = []
        origins: list[tuple[int, int, int]] = []
        start = _APART
        for position in range(len(op.node.inputs)):
            if not self._moves(position):
                places.append(op.constant(position))
                continue
            count = op.input(position).elements
            places.append(np.arange(start, start + count, dtype=np.int64).reshape(op.input(position).dims))
            origins.append((position, start, start + count))
            start += count
        return places, origins


def filled(op: Op, output: int = 0, value: int | None = None) -> Invocation:
    """The call that sets all of an output to `value`, by default its zero point."""
    type_ = op.graph.type_of(op.node.outputs[output])
    fill = (type_.zero_point if type_.is_quantized else 0) if value is None else value
    size = type_.dtype.bits // 8
    whole = len(set(fill.to_bytes(size, "little", signed=fill < 0))) == 1
    return Invocation(
        kernel="fill" if whole else f"fill_{type_.dtype}",
        arguments=(op.at_output(output),),
        fields={"value": fill, ("bytes" if whole else "count"): type_.elements * (size if whole else 1)},
    )


def _bytes(op: Op, t: int) -> int:
    return op.graph.type_of(t).dtype.bits // 8


def _route(
    op: Op, moved: Ints, first: int, last: int, position: int, output: int
) -> tuple[Invocation, tuple[Constant, ...]] | None:
    """The call that brings one input's elements to one output; None where there are none to bring."""
    mine = np.flatnonzero((moved >= first) & (moved < last))
    source, target = op.at_input(position), op.at_output(output)
    if not len(mine):
        return None
    size = _bytes(op, op.node.outputs[output])
    sources = moved[mine] - first
    fields = strided(sources, mine, size)
    if fields is not None:
        if source == target and fields["run"] == size * len(moved):
            return None
        return Invocation(kernel="move", arguments=(source, target), fields=fields), ()
    return _by_table(op, sources, mine, position, output)


def _by_table(
    op: Op, sources: Ints, targets: Ints, position: int, output: int
) -> tuple[Invocation, tuple[Constant, ...]]:
    """Runs that no stride describes: where each begins, and where it goes if they leave gaps."""
    size = _bytes(op, op.node.outputs[output])
    run = _longest_run(sources, targets)
    suffix = f"{position}_{output}"
    tables = [Constant(name=f"starts_{suffix}", ctype="int32_t", values=sources[::run] * size)]
    fields: dict[str, object] = {"starts": op.symbol(tables[0].name)}
    if not np.array_equal(targets, np.arange(len(targets))):
        tables.append(Constant(name=f"targets_{suffix}", ctype="int32_t", values=targets[::run] * size))
        fields["targets"] = op.symbol(tables[1].name)
    call = Invocation(
        kernel="scatter" if len(tables) > 1 else "gather",
        arguments=(op.at_input(position), op.at_output(output)),
        fields={**fields, "count": len(sources) // run, "run": run * size},
    )
    return call, tuple(tables)


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


def _longest_run(sources: Ints, targets: Ints) -> int:
    """The longest length such that both are runs of it, each element next to the one before."""
    breaks = np.flatnonzero((np.diff(sources) != 1) | (np.diff(targets) != 1)) + 1
    return int(np.gcd.reduce([len(sources), *breaks]))
