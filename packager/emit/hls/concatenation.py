"""CONCATENATION of two streams along channels, both with the output's scale."""

import math
from collections.abc import Iterable, Iterator

from packager.emit.hls._contract import Layer, Op, Problem, Stage, lane_folds, quantization_problem
from packager.plan.folding import Fold
from packager.plan.fpga_estimate import mover


class _Concatenation(Layer):
    def problems(self, op: Op) -> Iterator[Problem]:
        yield from (found := list(quantization_problem(op)))
        if found:
            return
        rank = len(op.output.dims)
        if len(op.streams()) != 2 or len(op.node.inputs) != 2:
            yield Problem(f"joins {len(op.node.inputs)} tensors", "join two at a time")
        elif op.node.attrs["axis"] % rank != rank - 1:
            yield Problem(f"joins along axis {op.node.attrs['axis']}", "join along channels")
        elif len({(op.input(i).scale, op.input(i).zero_point) for i in (0, 1)} | {_scale(op)}) > 1:
            yield Problem("joins tensors of different scales", "requantize the model: TFLite gives all one scale")

    def folds(self, op: Op) -> Iterable[Fold]:
        return lane_folds(math.gcd(op.input(0).dims[-1], op.input(1).dims[-1]))

    def stages(self, op: Op, fold: Fold) -> tuple[Stage, ...]:
        first, second = op.input(0).dims[-1], op.input(1).dims[-1]
        pixels = op.output.elements // (first + second)
        return (
            Stage(
                name="concatenate",
                call=f"concatenate<{pixels}, {first}, {second}, {fold.pe}>",
                lanes_in=fold.pe,
                lanes_out=fold.pe,
                values=op.output.elements,
                cycles=op.output.elements // fold.pe,
                cost=mover(fold.pe),
                tokens_in=1,
            ),
        )


def _scale(op: Op) -> tuple[float, int]:
    return op.output.scale, op.output.zero_point


LAYER = _Concatenation()
