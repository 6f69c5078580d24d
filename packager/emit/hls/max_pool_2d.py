"""MAX_POOL_2D: places outside the image hold -128, which no maximum prefers."""

from collections.abc import Iterable, Iterator

from packager.emit.hls._contract import Layer, Op, Problem
from packager.emit.hls._folds import lane_folds
from packager.emit.hls._pool import pool_problems, pool_window
from packager.emit.hls._stage import Stage
from packager.plan.folding import Fold
from packager.plan.fpga_estimate import Cost


class _MaxPool2D(Layer):
    def problems(self, op: Op) -> Iterator[Problem]:
        yield from pool_problems(op)

    def folds(self, op: Op) -> Iterable[Fold]:
        return lane_folds(op.input(0).dims[3])

    def stages(self, op: Op, fold: Fold) -> tuple[Stage, ...]:
        shape, lanes = pool_window(op), fold.pe
        pool = Stage(
            name="maximum",
            call=f"pool_max<{shape.pixels}, {shape.channels}, {shape.taps}, {lanes}>",
            lanes_in=lanes,
            lanes_out=lanes,
            values=op.output.elements,
            cycles=shape.pixels * shape.channels // lanes * shape.taps,
            cost=Cost(lut=80 + 24 * lanes, ff=60 + 24 * lanes),
            scalars=op.clamp,
            tokens_in=shape.taps,
        )
        return shape.stage(lanes, -128), pool


LAYER = _MaxPool2D()
