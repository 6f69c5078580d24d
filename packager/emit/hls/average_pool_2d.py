"""AVERAGE_POOL_2D: the mean of what lies inside each window, rounded half away from zero."""

from collections.abc import Iterable, Iterator

import numpy as np

from packager.emit.hls._contract import Layer, Op, Problem
from packager.emit.hls._folds import lane_folds
from packager.emit.hls._pool import pool_problems, pool_window, reciprocals
from packager.emit.hls._stage import Array, Stage
from packager.emit.hls._sums import sum_stage
from packager.plan.folding import Fold
from packager.plan.fpga_estimate import Cost, memory, narrow_products, requantizer

_MOST_TAPS = 4096


class _AveragePool2D(Layer):
    def problems(self, op: Op) -> Iterator[Problem]:
        yield from pool_problems(op)
        if pool_window(op).taps > _MOST_TAPS:
            yield Problem(f"a window of {pool_window(op).taps} values is too large", "pool in two steps")

    def folds(self, op: Op) -> Iterable[Fold]:
        return lane_folds(op.input(0).dims[3])

    def stages(self, op: Op, fold: Fold) -> tuple[Stage, ...]:
        return _whole(op, fold.pe) if pool_window(op).whole else _windowed(op, fold.pe)


def _windowed(op: Op, lanes: int) -> tuple[Stage, ...]:
    shape = pool_window(op)
    table, shift = reciprocals(shape.taps)
    pool = Stage(
        name="average",
        call=f"pool_average<{{shape}}, {lanes}>",
        lanes_in=lanes,
        lanes_out=lanes,
        values=op.output.elements,
        cycles=shape.pixels * shape.channels // lanes * shape.taps,
        cost=_quotients(lanes, shape.taps) + memory(32, len(table)),
        arrays=lambda: (Array(name="reciprocal", ctype="uint32_t", values=np.asarray(table, np.int64)),),
        scalars=(shift, *op.clamp),
        tokens_in=shape.taps,
        shape=shape.definition(),
    )
    return shape.stage(lanes, 0), pool


def _whole(op: Op, lanes: int) -> tuple[Stage, ...]:
    shape = pool_window(op)
    table, shift = reciprocals(shape.taps)
    sums = sum_stage(shape.taps, shape.channels, lanes)
    divide = Stage(
        name="divide",
        call=f"divide<{shape.taps}, {shape.channels}, {lanes}, {sums.bits_out}>",
        lanes_in=lanes,
        bits_in=sums.bits_out,
        lanes_out=lanes,
        values=op.output.elements,
        cycles=shape.channels // lanes,
        cost=_quotients(lanes, shape.taps),
        scalars=(table[-1], shift, *op.clamp),
        tokens_in=1,
    )
    return sums, divide


def _quotients(lanes: int, taps: int) -> Cost:
    """`ep::rounded_quotient` for every lane."""
    size = (128 * taps + taps // 2).bit_length() + 1
    return requantizer(lanes, lanes * narrow_products(size, size + taps.bit_length() + 1), 17)


LAYER = _AveragePool2D()
