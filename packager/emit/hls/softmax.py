"""SOFTMAX over the last dimension; exponentials by table, for a difference of two int8 has 256 values."""

import math
from collections.abc import Iterable, Iterator

import numpy as np

from packager.emit.hls._contract import Layer, Op, Problem
from packager.emit.hls._problems import quantization_problem
from packager.emit.hls._stage import Array, Ints, Stage
from packager.ops import _fixed_point as fixed
from packager.ops._exponential import exp_of_negative
from packager.plan.folding import Fold
from packager.plan.fpga_estimate import Cost, memory

_DIFFERENCE_BITS = 5
_SCALE = 1.0 / 256
_CYCLES_PER_CLASS = 6
"""Find the most, sum, and write at an interval of four."""
_NEWTON_CYCLES = 100
"""Seven products one after the other, and the leading zeros: no frame rate hangs on it."""
_ZERO_CYCLES = 31
"""Of these, in a loop over bits."""
_LOOPS = 4
"""Pipelined ones, a row."""


class _Softmax(Layer):
    def problems(self, op: Op) -> Iterator[Problem]:
        yield from (found := list(quantization_problem(op)))
        if not found and (op.output.scale, op.output.zero_point) != (_SCALE, -128):
            yield Problem(
                f"its output has scale {op.output.scale:g} and zero point {op.output.zero_point}",
                "TFLite fixes them at 1/256 and -128",
            )

    def folds(self, op: Op) -> Iterable[Fold]:  # noqa: ARG002 - the protocol's signature
        return (Fold(),)

    def stages(self, op: Op, fold: Fold) -> tuple[Stage, ...]:  # noqa: ARG002 - it has one fold
        classes = op.output.dims[-1]
        rows = op.output.elements // classes
        return (
            Stage(
                name="softmax",
                call=f"softmax<{rows}, {classes}>",
                lanes_in=1,
                lanes_out=1,
                values=op.output.elements,
                cycles=rows * (_CYCLES_PER_CLASS * classes + _NEWTON_CYCLES),
                starts=rows * _LOOPS,
                straight=rows * (_NEWTON_CYCLES - _ZERO_CYCLES),
                cost=Cost(lut=1500, ff=1500, dsp=8) + memory(32, 256) + memory(8, classes),
                arrays=lambda: (Array(name="exponent", ctype="int32_t", values=exponents(op)),),
                tokens_in=classes,
            ),
        )


def exponents(op: Op) -> Ints:
    """``exp(-d * scale * beta)`` in Q0 for d = 0 to 255, 0 where TFLite no longer counts it."""
    step = op.node.attrs["beta"] * op.input(0).scale * (1 << (31 - _DIFFERENCE_BITS))
    mantissa, shift = fixed.quantize_multiplier(min(step, 2.0**31 - 1))
    widest = math.floor(((1 << _DIFFERENCE_BITS) - 1) * (1 << (31 - _DIFFERENCE_BITS)) / (1 << int(shift)))
    difference = -np.arange(256, dtype=np.int64)
    counted = difference >= -widest
    scaled = fixed.doubling_high_mul(np.where(counted, difference, 0) << shift, mantissa)
    return np.where(counted, exp_of_negative(scaled, _DIFFERENCE_BITS), 0)


LAYER = _Softmax()
