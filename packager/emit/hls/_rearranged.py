"""Operators that only bring values into another order, leave some out, repeat some, or fill some in."""

from collections.abc import Iterable, Iterator
from functools import lru_cache

from packager.emit.hls._contract import Layer, Op, Problem
from packager.emit.hls._order import lanes_of, order_of, places_of, rearrange_stage
from packager.emit.hls._problems import quantization_problem
from packager.emit.hls._stage import Ints, Stage
from packager.ops import find_op
from packager.plan.folding import Fold


@lru_cache(maxsize=512)
def _places(op: Op) -> Ints:
    return places_of(op)


class Rearranged(Layer):
    """Any operator whose reference moves values and does nothing else."""

    parts = True

    def problems(self, op: Op) -> Iterator[Problem]:
        yield from (found := list(quantization_problem(op)))
        if found:
            return
        known = find_op(op.node.op)
        source = op.graph.type_of(op.streams()[0])
        if len(op.streams()) != 1:
            yield Problem("where its values come from is computed, not constant", "freeze the model")
        elif known is None or (why := known.objection(op.call)):
            yield Problem(why if known else "its order is not known to EdgePack", "replace it by SLICE or TRANSPOSE")
        elif any((source.scale, source.zero_point) != (p.output.scale, p.output.zero_point) for p in op.live):
            yield Problem("changes the scale as it moves values", "requantize the model: both sides share one scale")
        elif any(order_of(_places(part), source.elements, 1) is None for part in op.live):
            yield Problem("its order of values is no sum of orders along its axes", "split it into simpler operators")

    def folds(self, op: Op) -> Iterable[Fold]:
        values = op.graph.type_of(op.streams()[0]).elements
        able = [set(lanes_of(_places(part), values)) for part in op.live]
        return [Fold(simd=n, pe=n) for n in sorted(set.intersection(*able))]

    def stages(self, op: Op, fold: Fold) -> tuple[Stage, ...]:
        values = op.graph.type_of(op.streams()[0]).elements
        return (rearrange_stage("rearrange", _places(op), values, fold.pe, self.fill(op)),)

    def fill(self, op: Op) -> int:
        """What stands where no value of the input does."""
        return op.output.zero_point
