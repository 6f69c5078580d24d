"""Values in another order: where each output value comes from, as sums of four small tables.

The operator's own reference, run on the places of its input instead of its values, says where each value comes from.
"""

import dataclasses
import functools
import itertools
from collections.abc import Sequence

import numpy as np

from packager.emit.hls._contract import Op
from packager.emit.hls._folds import divisors
from packager.emit.hls._stage import Array, Ints, Stage
from packager.ops import find_op
from packager.plan.fpga_estimate import Cost, lut_table, memory, reorderer

_AXES = 4
OUTSIDE = -1
"""The place of a value that comes from nowhere: padding."""
_FAR = -(1 << 28)
"""Table entry of such a place: whatever is added to it, the sum is negative."""
_MARK = 1 << 40
"""Raises places above every value that an operator may fill in."""


def places_of(op: Op) -> Ints:
    """The place in the input, in raster order, of each output value; `OUTSIDE` for those that the operator fills in."""
    known = find_op(op.node.op)
    assert known is not None
    (data,) = op.streams()
    values = [
        _MARK + np.arange(op.graph.type_of(t).elements).reshape(op.graph.type_of(t).dims)
        if t == data
        else op.graph.tensors[t].data
        for t in op.node.inputs
    ]
    found = known.reference(op.call, values)[op.port].astype(np.int64).reshape(op.output.dims)
    return np.where(found >= _MARK, found - _MARK, OUTSIDE)


@dataclasses.dataclass(frozen=True)
class Order:
    """The order of beats of so many lanes."""

    tables: tuple[Ints, ...]
    """Four; a place is the sum of one entry of each."""
    room: int
    """Beats that must be kept."""
    first: int
    """Beats read before the first is written."""
    left: int
    """Beats read after the last is written."""


def lanes_of(places: Ints, values_in: int) -> list[int]:
    """Every number of lanes with which beats stay whole: neighbours that were neighbours, in the same lane."""
    return [n for n in divisors(places.shape[-1] if places.ndim else 1) if values_in % n == 0 and _whole(places, n)]


def _whole(places: Ints, lanes: int) -> bool:
    beats = places.reshape(-1, lanes)
    inside = beats[:, 0] >= 0
    wanted = np.where(inside[:, None], beats[:, :1] + np.arange(lanes), OUTSIDE)
    return bool((beats == wanted).all() and not (beats[inside, 0] % lanes).any())


def order_of(places: Ints, values_in: int, lanes: int) -> Order | None:
    """Tables for an order; None where it is no sum of four."""
    beats = places.reshape(*places.shape[:-1], places.shape[-1] // lanes, lanes)[..., 0]
    beats = np.where(beats >= 0, beats // lanes, OUTSIDE)
    beats = beats.reshape(_merged(beats.shape))
    tables = _separated(beats)
    if tables is None:
        return None
    total = values_in // lanes
    flat = beats.reshape(-1)
    reached = np.maximum.accumulate(flat)
    needed = np.minimum.accumulate(np.where(flat >= 0, flat, total)[::-1])[::-1]
    most = int((reached - needed).max(initial=0)) + 1
    room = 1 << (most - 1).bit_length() if most > 1 else 1
    return Order(
        tables=tables,
        room=min(room, total),
        first=int(flat[0]) + 1,
        left=total - int(reached[-1]) - 1,
    )


def _merged(shape: Sequence[int]) -> tuple[int, ...]:
    """A shape of four axes with the same values in the same order."""
    sizes = [n for n in shape if n > 1]
    while len(sizes) > _AXES:
        at = min(range(len(sizes) - 1), key=lambda i: sizes[i] * sizes[i + 1])
        sizes[at : at + 2] = [sizes[at] * sizes[at + 1]]
    return (*[1] * (_AXES - len(sizes)), *sizes)


def _separated(beats: Ints) -> tuple[Ints, ...] | None:
    inside = beats >= 0
    if not inside.any():
        return None
    start = np.unravel_index(int(inside.argmax()), beats.shape)
    tables = []
    for axis in range(_AXES):
        line = beats[tuple(slice(None) if a == axis else start[a] for a in range(_AXES))]
        offset = line - (beats[start] if axis else 0)
        tables.append(np.where(line >= 0, offset, _FAR))
    total = functools.reduce(np.add.outer, tables)
    same = np.where(total >= 0, total, OUTSIDE) == beats
    return tuple(tables) if same.all() else None


def rearrange_stage(name: str, places: Ints, values_in: int, lanes: int, fill: int) -> Stage:
    """The process that brings a frame of `values_in` values into the order of `places`."""
    order = order_of(places, values_in, lanes)
    assert order is not None, "problems() came first"
    total, beats = values_in // lanes, places.size // lanes
    bits = total.bit_length() + 1
    sizes = ", ".join(str(len(t)) for t in order.tables)
    tables = [lut_table(max(int(abs(t).max()).bit_length() + 1, 1), len(t)) for t in order.tables]

    def arrays() -> tuple[Array, ...]:
        return tuple(
            Array(name=f"{name}_{letter}", ctype="int32_t", values=t, bind="template")
            for letter, t in zip("abcd", order.tables, strict=True)
        )

    return Stage(
        name=name,
        call=f"rearrange<{total}, {order.room}, {sizes}, {lanes}>",
        lanes_in=lanes,
        lanes_out=lanes,
        values=places.size,
        cycles=total + beats,
        cost=functools.reduce(Cost.__add__, [reorderer(lanes, bits), memory(8 * lanes, order.room), *tables]),
        arrays=arrays,
        scalars=(fill,),
        tokens_in=max(order.first, 0),
        tokens_left=order.left,
        loose=True,
        sum=f"{total} beats in + {beats} out",
    )


def repeated(values: Ints, dims: tuple[int, ...]) -> tuple[Ints, int]:
    """A constant broadcast to `dims`: a run of values, whole rows of the last axis, and how often it is repeated."""
    full = np.broadcast_to(values, dims)
    outer = list(itertools.takewhile(lambda axis: full.strides[axis] == 0 or dims[axis] == 1, range(len(dims) - 1)))
    times = int(np.prod([dims[axis] for axis in outer], dtype=np.int64))
    return full.reshape(-1)[: full.size // times], times
