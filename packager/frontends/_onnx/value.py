"""How a tensor is stored: TFLite wants channels last, ONNX has them second."""

import dataclasses
from collections.abc import Sequence

Shape = tuple[int, ...]


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Layout:
    channels_last: bool = False
    """Stored ``[N, ..., C]`` where ONNX has ``[N, C, ...]``."""
    image: Shape = ()
    """``(C, H, W)`` of a tensor ``[N, C * H * W]`` that was flattened from channels-last storage: its columns are in
    the order H, W, C. A dense layer reorders its weights instead of transposing this at run time."""


PLAIN = Layout()
LAST = Layout(channels_last=True)


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Value:
    """A tensor of the ONNX graph and the TFLite tensor that holds it."""

    tensor: int
    """Index in the TFLite graph."""
    shape: Shape
    """In ONNX's order of axes."""
    layout: Layout = PLAIN
    non_negative: bool = False
    """Known to hold no value below zero."""

    @property
    def rank(self) -> int:
        return len(self.shape)

    @property
    def stored(self) -> Shape:
        return stored_shape(self.shape, self.layout)

    def axis(self, onnx_axis: int) -> int:
        """Return where an ONNX axis is stored."""
        axis = onnx_axis % self.rank
        return to_last(self.rank).index(axis) if self.layout.channels_last else axis


def stored_shape(shape: Shape, layout: Layout) -> Shape:
    return permuted(shape, to_last(len(shape))) if layout.channels_last else shape


def to_last(rank: int) -> Shape:
    """The permutation from ``[N, C, ...]`` to ``[N, ..., C]``."""
    return (0, *range(2, rank), 1)


def to_first(rank: int) -> Shape:
    """The permutation from ``[N, ..., C]`` to ``[N, C, ...]``."""
    return (0, rank - 1, *range(1, rank - 1))


def permuted(items: Sequence[int], order: Sequence[int]) -> Shape:
    return tuple(items[i] for i in order)


def moves_nothing(shape: Sequence[int], order: Sequence[int]) -> bool:
    """Whether transposing `shape` by `order` leaves the elements where they are in memory."""
    kept = [axis for axis in order if shape[axis] != 1]
    return kept == sorted(kept)
