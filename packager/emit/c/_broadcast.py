"""The fields of `ep_broadcast`: two shapes joined, neighbouring dimensions merged where both inputs run on."""

from collections.abc import Iterator

import numpy as np

from packager.emit.c._contract import Fields, Op, Problem

_RANK = 5


def broadcast_of(op: Op) -> Fields | None:
    """The shape and strides of the operator's first two inputs; None where they have too many dimensions."""
    dims, a, b = merged(op.output.dims, op.input(0).dims, op.input(1).dims)
    if len(dims) > _RANK:
        return None
    lead = _RANK - len(dims)
    return {"dims": [1] * lead + dims, "a": [0] * lead + a, "b": [0] * lead + b}


def broadcast_problems(op: Op) -> Iterator[Problem]:
    """The operator's first two inputs are joined in few enough dimensions."""
    if broadcast_of(op) is None:
        yield Problem("its inputs broadcast over too many dimensions", "reshape them to fewer")


def merged(
    dims: tuple[int, ...], first: tuple[int, ...], second: tuple[int, ...]
) -> tuple[list[int], list[int], list[int]]:
    """Return dimensions of the output and the strides of both inputs in them, outermost first."""
    levels: list[tuple[int, int, int]] = []
    for size, a, b in zip(dims, _strides(first, dims), _strides(second, dims), strict=True):
        if size == 1:
            continue
        if levels and levels[-1][1] == a * size and levels[-1][2] == b * size:
            levels[-1] = (levels[-1][0] * size, a, b)
        else:
            levels.append((size, a, b))
    levels = levels or [(1, 0, 0)]
    return [size for size, _, _ in levels], [a for _, a, _ in levels], [b for _, _, b in levels]


def _strides(shape: tuple[int, ...], dims: tuple[int, ...]) -> list[int]:
    """Strides in elements of an array of `shape` stretched to `dims`."""
    own = np.broadcast_to(np.empty(shape, np.int8), dims)
    return [stride if size > 1 else 0 for stride, size in zip(own.strides, dims, strict=True)]
