"""Streams read one after the other in runs of equal length: CONCATENATION and PACK."""

import math
from collections.abc import Iterable, Iterator

from packager.emit.hls._contract import Layer, Op, Problem
from packager.emit.hls._folds import divisors
from packager.emit.hls._problems import quantization_problem
from packager.emit.hls._stage import Stage
from packager.plan.folding import Fold
from packager.plan.fpga_estimate import mover

_MOST = 4
"""Streams that a template reads."""


class Joined(Layer):
    in_turn = True

    def problems(self, op: Op) -> Iterator[Problem]:
        yield from (found := list(quantization_problem(op)))
        if found:
            return
        if len(op.streams()) != len(op.node.inputs) or not 2 <= len(op.node.inputs) <= _MOST:
            yield Problem(
                f"joins {len(op.node.inputs)} tensors, {len(op.streams())} of them computed",
                f"join two to {_MOST} computed tensors at a time",
            )
        elif (
            len({(t.scale, t.zero_point) for t in (op.output, *(op.input(i) for i in range(len(op.node.inputs))))}) > 1
        ):
            yield Problem("joins tensors of different scales", "requantize the model: TFLite gives all one scale")

    def runs(self, op: Op) -> tuple[int, ...]:
        """Values that each stream gives at a time: all from the joined axis on."""
        axis = op.node.attrs["axis"] % len(op.output.dims)
        before = math.prod(op.output.dims[:axis])
        return tuple(op.input(i).elements // before for i in range(len(op.node.inputs)))

    def folds(self, op: Op) -> Iterable[Fold]:
        last = math.gcd(op.output.dims[-1], *self.runs(op))
        return [Fold(simd=n, pe=n) for n in divisors(last)]

    def stages(self, op: Op, fold: Fold) -> tuple[Stage, ...]:
        runs = self.runs(op)
        times = op.output.elements // sum(runs)
        numbers = (times, *(run // fold.pe for run in runs), fold.pe)
        return (
            Stage(
                name="concatenate",
                call=f"concatenate<{', '.join(map(str, numbers))}>",
                lanes_in=fold.pe,
                lanes_out=fold.pe,
                values=op.output.elements,
                cycles=op.output.elements // fold.pe,
                cost=mover(fold.pe).times(len(runs) - 1),
                tokens_in=1,
            ),
        )
