"""Operators that only rename: a stream carries values in raster order, whatever the shape."""

from collections.abc import Iterable, Iterator

from packager.emit.hls._contract import Layer, Op, Problem
from packager.emit.hls._problems import quantization_problem
from packager.emit.hls._stage import Stage
from packager.plan.folding import Fold


class Alias(Layer):
    def problems(self, op: Op) -> Iterator[Problem]:
        yield from (found := list(quantization_problem(op)))
        source, target = op.input(0), op.output
        if not found and (source.scale, source.zero_point) != (target.scale, target.zero_point):
            yield Problem("changes the scale as it reshapes", "requantize the model: both sides share one scale")

    def folds(self, op: Op) -> Iterable[Fold]:  # noqa: ARG002 - the protocol's signature
        return (Fold(),)

    def stages(self, op: Op, fold: Fold) -> tuple[Stage, ...]:  # noqa: ARG002 - nothing to build
        return ()
