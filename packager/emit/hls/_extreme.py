"""The greater or the less of two values of one scale."""

from collections.abc import Iterator

from packager.emit.hls._binary import Binary
from packager.emit.hls._contract import Op, Problem
from packager.emit.hls._stage import Stage
from packager.plan.folding import Fold
from packager.plan.fpga_estimate import Cost


class Extreme(Binary):
    def __init__(self, *, greater: bool) -> None:
        self._greater = greater

    def problems(self, op: Op) -> Iterator[Problem]:
        yield from (found := list(super().problems(op)))
        if not found and len({(t.scale, t.zero_point) for t in (op.input(0), op.input(1), op.output)}) > 1:
            yield Problem("compares tensors of different scales", "requantize the model: TFLite gives all one scale")

    def stages(self, op: Op, fold: Fold) -> tuple[Stage, ...]:
        lanes = fold.pe
        return (
            Stage(
                name="extreme",
                call=f"extreme<{op.output.elements}, {lanes}, {str(self._greater).lower()}>",
                lanes_in=lanes,
                lanes_out=lanes,
                values=op.output.elements,
                cycles=op.output.elements // lanes,
                cost=Cost(lut=50 + 16 * lanes, ff=50 + 8 * lanes),
                tokens_in=1,
            ),
        )
