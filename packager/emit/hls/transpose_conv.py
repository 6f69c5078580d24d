"""TRANSPOSE_CONV by phases: a stride squared of small convolutions on one window, and their pixels put in order.

Output pixels whose places have one remainder by the stride take the same few taps of the kernel, each from the same
neighbour. So the phases' outputs are the rows of one matrix on the union of their neighbours; what a phase does not
take is a zero there, whose tile is left out. Weights ``[out, kernel_h, kernel_w, in]``.
"""

import dataclasses
import functools
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from packager.emit.hls._contract import Layer, Op, Problem
from packager.emit.hls._folds import MOST_LANES, divisors, row_folds
from packager.emit.hls._linear import linear_of, matrix_stages, operand_problems
from packager.emit.hls._order import rearrange_stage
from packager.emit.hls._requantize import scaling_problems
from packager.emit.hls._stage import Ints, Stage
from packager.emit.hls._tiles import Linear, matrix_folds
from packager.emit.hls._window import Window
from packager.ops._windows import Axis, axis_of
from packager.plan.folding import Fold

_DATA, _BIAS = 2, 3
_SPARE = 2
"""Beats that come while the one before them is on its way."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class _Phases:
    """One axis: output ``stride * i + p`` is made of inputs ``i + offset`` and taps of the kernel."""

    order: tuple[int, ...]
    """The phases, that with the most taps first: it reads the window while it works."""
    taps: tuple[tuple[tuple[int, int], ...], ...]
    """By phase: (offset, tap)."""
    length: int
    """Of the output."""

    @property
    def first(self) -> int:
        return min(offset for taps in self.taps for offset, _ in taps)

    @property
    def size(self) -> int:
        """Of the union of neighbours."""
        return max(offset for taps in self.taps for offset, _ in taps) - self.first + 1

    @property
    def steps(self) -> int:
        return -(-self.length // len(self.order))

    @property
    def axis(self) -> Axis:
        return Axis(size=self.size, stride=1, dilation=1, steps=self.steps, before=-self.first, after=0)


@functools.lru_cache(maxsize=512)
def _phases(op: Op) -> tuple[_Phases, _Phases]:
    made = []
    for i, key in ((1, "stride_h"), (2, "stride_w")):
        kernel, length, stride = op.input(1).dims[i], op.output.dims[i], op.node.attrs[key]
        before = axis_of(length, kernel, stride, 1, op.node.attrs["padding"]).before
        taps = tuple(
            tuple(((p + before - k) // stride, k) for k in range(kernel) if (p + before - k) % stride == 0)
            for p in range(stride)
        )
        order = sorted(range(stride), key=lambda p: -len(taps[p]))
        made.append(_Phases(order=tuple(order), taps=taps, length=length))
    return made[0], made[1]


@functools.lru_cache(maxsize=512)
def _linear(op: Op) -> Linear:
    """Rows ``[phase, out]`` of columns ``[neighbour_y, neighbour_x, in]``."""
    weights = op.constant(1)
    assert weights is not None
    tall, wide = _phases(op)
    outputs, channels = weights.shape[0], weights.shape[3]
    rows = np.zeros((len(tall.order), len(wide.order), outputs, tall.size, wide.size, channels), np.int8)
    for (i, p), (j, r) in ((a, b) for a in enumerate(tall.order) for b in enumerate(wide.order)):
        for (y, ky), (x, kx) in ((a, b) for a in tall.taps[p] for b in wide.taps[r]):
            rows[i, j, :, y - tall.first, x - wide.first] = weights[:, ky, kx]
    phases = len(tall.order) * len(wide.order)
    return linear_of(op, rows.reshape(phases * outputs, -1), once=False, data=_DATA, biases=_BIAS, copies=phases)


@functools.lru_cache(maxsize=512)
def _window(op: Op) -> Window:
    _, height, width, channels = op.input(_DATA).dims
    tall, wide = _phases(op)
    return Window(in_h=height, in_w=width, channels=channels, rows=tall.axis, columns=wide.axis, by_channel=False)


@functools.lru_cache(maxsize=512)
def _places(op: Op) -> Ints:
    """Where each output value is among those of the matrix, ``[y, x, phase_y, phase_x, out]``."""
    tall, wide = _phases(op)
    sizes = (tall.steps, wide.steps, len(tall.order), len(wide.order), op.output.dims[3])
    found = np.arange(np.prod(sizes)).reshape(sizes)
    found = found[:, :, np.argsort(tall.order)][:, :, :, np.argsort(wide.order)].transpose(0, 2, 1, 3, 4)
    whole: Ints = found.reshape(sizes[0] * sizes[2], sizes[1] * sizes[3], sizes[4])
    return whole[: tall.length, : wide.length]


class _TransposeConv(Layer):
    def problems(self, op: Op) -> Iterator[Problem]:
        yield from (found := list(operand_problems(op, biases=_BIAS)))
        if not found:
            yield from scaling_problems(_linear(op).scaling)

    def folds(self, op: Op) -> Iterable[Fold]:
        """Rows of one phase, or whole phases at once: a tile is left out where it is zero for all of them."""
        outputs, phases = op.output.dims[3], len(_linear(op).rows) // op.output.dims[3]
        whole = [outputs * n for n in divisors(phases)] if phases > 1 else row_folds(outputs)
        rows = sorted({*divisors(outputs), *(n for n in whole if n <= MOST_LANES)})
        yield from matrix_folds(_linear(op), divisors(op.input(_DATA).dims[3]), rows)

    def stages(self, op: Op, fold: Fold) -> tuple[Stage, ...]:
        shape, zero_point, places = _window(op), op.input(_DATA).zero_point, _places(op)
        unit = matrix_stages(op, _linear(op), fold, shape.pixels)
        stages = unit if shape.trivial else (shape.stage(fold.simd, zero_point), *unit)
        if np.array_equal(places.reshape(-1), np.arange(unit[-1].values)):
            return stages
        order = _in_order(op, places, unit)
        # While pixels are written, the next ones come and wait.
        written = places.size // order.lanes_out // shape.rows.steps
        come = written * unit[-1].values // unit[-1].lanes_out // max(s.cycles for s in stages)
        return (*stages[:-1], dataclasses.replace(stages[-1], burst=come + _SPARE), order)


def _in_order(op: Op, places: Ints, unit: Sequence[Stage]) -> Stage:
    """The process that writes phases as pixels, with as few lanes as keep up.

    With the first of a stride's rows all others are there, so they come at once, and wait for whoever reads evenly.
    """
    values, pace = unit[-1].values, max(s.cycles for s in unit)
    able = divisors(op.output.dims[3])
    lanes = min((n for n in able if (values + places.size) // n <= pace), default=able[-1])
    made = rearrange_stage("interleave", places, values, lanes, 0)
    others = len(_phases(op)[0].order) - 1
    return dataclasses.replace(made, burst=others * places[0].size // lanes)


LAYER = _TransposeConv()
