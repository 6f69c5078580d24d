"""MEAN over all positions, of an image or a sequence: sums of pixels, then one scaling that divides as well."""

import functools
import math
from collections.abc import Iterable, Iterator

import numpy as np

from packager.emit.hls._contract import Layer, Op, Problem
from packager.emit.hls._folds import lane_folds
from packager.emit.hls._problems import quantization_problem
from packager.emit.hls._requantize import Rounding, Scaling, bits_for, requantize_stage, sharing_of
from packager.emit.hls._stage import Stage
from packager.emit.hls._sums import sum_stage
from packager.ops import _fixed_point as fixed
from packager.plan.folding import Fold

_DEEPEST = 32


def _positions(op: Op) -> int:
    return math.prod(op.input(0).dims[:-1])


@functools.lru_cache(maxsize=512)
def _scaling(op: Op) -> Scaling:
    """LiteRT folds 1 / count into the multiplier with as many bits as the shift has room for."""
    count, channels, zero_point = _positions(op), op.input(0).dims[-1], op.input(0).zero_point
    mantissa, exponent = fixed.quantize_multiplier(np.float64(op.input(0).scale) / np.float64(op.output.scale))
    room = max(min(count.bit_length() - 1, _DEEPEST, 31 + int(exponent)), 0)
    multiplier, shift = (int(mantissa) << room) // count, int(exponent) - room
    low, high = -128 * count, 127 * count
    ends = (low, high, low - zero_point * count, high - zero_point * count)
    return Scaling(
        bias=np.full(channels, -zero_point * count, np.int64),
        multiplier=np.full(channels, multiplier, np.int64),
        shift=np.full(channels, shift, np.int64),
        sum_bits=bits_for(min(ends), max(ends)),
        factor_bits=31,
        rounding=Rounding.TWICE,
    )


class _Mean(Layer):
    def problems(self, op: Op) -> Iterator[Problem]:
        yield from quantization_problem(op)
        axes = op.constant(1)
        dims = op.input(0).dims
        wanted = () if axes is None else tuple(sorted(int(a) % len(dims) for a in axes.reshape(-1)))
        inner = set(range(len(dims) - 1)) - set(wanted)
        if not wanted or len(dims) - 1 in wanted or any(dims[axis] != 1 for axis in inner):
            yield Problem(f"a mean over axes {wanted} of {dims} has no template", "average over height and width")

    def folds(self, op: Op) -> Iterable[Fold]:
        return lane_folds(op.input(0).dims[-1])

    def stages(self, op: Op, fold: Fold) -> tuple[Stage, ...]:
        scaling = _scaling(op)
        sums = sum_stage(_positions(op), op.input(0).dims[-1], fold.pe, scaling.sum_bits)
        return sums, requantize_stage(op, scaling, pixels=1, pe=fold.pe, sharing=sharing_of(scaling, fold.pe, 1))


LAYER = _Mean()
