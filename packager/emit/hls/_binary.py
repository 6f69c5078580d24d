"""Two operands value by value, each a stream of any shape that broadcasts, or a constant."""

import math
from collections.abc import Iterable, Iterator

import numpy as np

from packager.emit.hls._contract import Feed, Layer, Op, Problem
from packager.emit.hls._folds import divisors
from packager.emit.hls._order import lanes_of, order_of, rearrange_stage, repeated
from packager.emit.hls._problems import activation_problem, quantization_problem
from packager.emit.hls._stage import Array, Ints, Stage
from packager.plan.folding import Fold
from packager.plan.fpga_estimate import memory, mover

_SIDES = (0, 1)


class Binary(Layer):
    def problems(self, op: Op) -> Iterator[Problem]:
        yield from (found := list(quantization_problem(op)))
        yield from activation_problem(op)
        constant = next((op.input(i) for i in _SIDES if op.constant(i) is not None), None)
        if not op.streams():
            yield Problem("combines two constants", "fold it into a constant")
        elif constant is not None and (constant.dtype is not op.output.dtype or not constant.is_quantized):
            yield Problem(f"its constant is {constant.dtype} without a scale", "quantize the model to int8")
        elif not found and any(order_of(_spread(op, i), op.input(i).elements, 1) is None for i in _streams(op)):
            yield Problem(f"broadcasts {op.input(0).dims} with {op.input(1).dims}", "give both inputs one shape")

    def folds(self, op: Op) -> Iterable[Fold]:
        able = set(divisors(op.output.dims[-1] if op.output.dims else 1))
        for i in _streams(op):
            if op.input(i).elements != op.output.elements:
                able &= set(lanes_of(_spread(op, i), op.input(i).elements))
        return [Fold(simd=n, pe=n) for n in sorted(able)]

    def feeds(self, op: Op, fold: Fold) -> tuple[Feed, ...]:
        return tuple(_feed(op, i, fold.pe) for i in _SIDES)


def _streams(op: Op) -> tuple[int, ...]:
    return tuple(i for i in _SIDES if op.constant(i) is None)


def _spread(op: Op, side: int) -> Ints:
    """The place in an operand of each of its values once broadcast."""
    type_ = op.input(side)
    return np.broadcast_to(np.arange(type_.elements).reshape(type_.dims), op.output.dims)


def _feed(op: Op, side: int, lanes: int) -> Feed:
    values, type_, letter = op.constant(side), op.input(side), "ab"[side]
    if values is not None:
        run, times = repeated(values, op.output.dims)
        stage = Stage(
            name=f"constant_{letter}",
            call=f"constant<{times}, {run.size // lanes}, {lanes}>",
            lanes_in=lanes,
            lanes_out=lanes,
            values=op.output.elements,
            cycles=op.output.elements // lanes,
            cost=mover(lanes) + memory(8 * lanes, run.size // lanes),
            arrays=lambda: (
                Array(name=f"constant_{letter}", ctype="int8_t", values=run.reshape(-1, lanes), reshape=(2,)),
            ),
        )
        return Feed(None, (stage,))
    if type_.elements == math.prod(op.output.dims):
        return Feed(op.node.inputs[side])
    stage = rearrange_stage(f"spread_{letter}", _spread(op, side), type_.elements, lanes, 0)
    return Feed(op.node.inputs[side], (stage,))
