"""Where the channels of a value lie: last, as TFLite keeps them, or first, as ONNX's convolutions want them."""

import enum


class Layout(enum.Enum):
    NATIVE = "native"
    """As in the TFLite graph: ``[batch, ..., channels]``."""
    FIRST = "first"
    """Channels moved behind the batch: ``[batch, channels, ...]``."""


def storage(layout: Layout, rank: int) -> tuple[int, ...]:
    """Return the native axis that each stored axis holds: ``(0, 3, 1, 2)`` for channels first in rank 4."""
    if layout is Layout.NATIVE or rank < 3:
        return tuple(range(rank))
    return (0, rank - 1, *range(1, rank - 1))


def stored_axis(axis: int, layout: Layout, rank: int) -> int:
    """Return the position at which a native axis (negative counts from the end) is stored."""
    return storage(layout, rank).index(axis % rank)


def stored_dims(dims: tuple[int, ...], layout: Layout) -> tuple[int, ...]:
    return tuple(dims[axis] for axis in storage(layout, len(dims)))


def permutation(source: tuple[int, ...], target: tuple[int, ...]) -> tuple[int, ...]:
    """Return ``perm`` of an ONNX Transpose that takes axes stored as `source` to axes stored as `target`."""
    return tuple(source.index(axis) for axis in target)


def moves_data(dims: tuple[int, ...], perm: tuple[int, ...]) -> bool:
    """Whether a transposition moves elements; one that only moves axes of size 1 is a reshape."""
    moved = [axis for axis in perm if dims[axis] != 1]
    return moved != sorted(moved)
