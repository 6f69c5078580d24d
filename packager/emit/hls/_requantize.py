"""From accumulators to int8: widths from the real weights, multipliers proved exact before they are used."""

import dataclasses
import enum
import functools
import math
from collections.abc import Iterator

import numpy as np

from packager.emit.hls._contract import Op, Problem
from packager.emit.hls._stage import Array, Ints, Stage, in_groups
from packager.ops import _fixed_point as fixed
from packager.ops._exact_multiplier import exact_multipliers
from packager.plan.fpga_estimate import block_memory, in_luts, lut_table, memory, requantizer

_LONGEST_INTERVAL = 8
"""Cycles over which one multiplier is shared at most: beyond this the saving is nothing and the schedule grows."""
_SHIFT_BITS = 6
"""From 31 to the left to 31 to the right."""


def bits_for(low: int, high: int) -> int:
    """Bits of the smallest signed integer that holds both ends."""
    return max(int(max(high, 0)).bit_length(), int(-low - 1).bit_length() if low < 0 else 0) + 1


class Rounding(enum.Enum):
    """Each the name of its template."""

    TWICE = "requantize"
    """As gemmlowp: a multiplier of 31 bits in two halves, then a shift."""
    ONCE = "requantize_once"
    """Half away from zero, by a multiplier that was proved to give LiteRT's steps."""
    FAST = "requantize_fast"
    """Ties upwards, by a multiplier of 17 bits: arithmetic ``fast17``."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Scaling:
    """How accumulators become outputs: one bias, multiplier and shift per channel."""

    bias: Ints
    multiplier: Ints
    shift: Ints
    sum_bits: int
    """Of the accumulator, without and with its bias."""
    factor_bits: int
    """Of the largest multiplier."""
    rounding: Rounding

    @property
    def left(self) -> int:
        """Bits of positive shift."""
        return max(int(self.shift.max(initial=0)), 0) if self.rounding is Rounding.TWICE else 0


def extent(weights: Ints, low: int, high: int) -> tuple[Ints, Ints]:
    """Least and greatest of ``weights @ x`` for every x with elements in [low, high]; `weights` ``[channels, n]``."""
    positive = np.maximum(weights, 0).sum(axis=1, dtype=np.int64)
    negative = np.minimum(weights, 0).sum(axis=1, dtype=np.int64)
    return positive * low + negative * high, positive * high + negative * low


def scaling_of(weights: Ints, bias: Ints, scale: Ints, zero_point: int, rounding: Rounding) -> Scaling:
    """Return the scaling of a linear layer; `weights` ``[channels, n]``, `scale` the real multipliers.

    The input's zero point is folded into the bias, so inputs enter as they are, -128 to 127.
    """
    low, high = extent(weights, -128, 127)
    folded = bias - zero_point * weights.sum(axis=1, dtype=np.int64)
    ends = [int(low.min()), int(high.max()), int((low + folded).min()), int((high + folded).max())]
    real = np.broadcast_to(scale, folded.shape)
    if rounding is Rounding.ONCE:
        reach = np.maximum(np.abs(low + folded), np.abs(high + folded))
        multiplier, shift = exact_multipliers(real, reach)
    else:
        multiplier, shift = fixed.quantize_multiplier(real)
        if rounding is Rounding.FAST:
            multiplier, shift = fixed.fast_multiplier(multiplier, shift)
    return Scaling(
        bias=folded,
        multiplier=multiplier,
        shift=shift,
        sum_bits=bits_for(min(ends), max(ends)),
        factor_bits=int(multiplier.max(initial=1)).bit_length(),
        rounding=rounding,
    )


def scaling_problems(scaling: Scaling) -> Iterator[Problem]:
    if scaling.sum_bits + scaling.left > 32:
        yield Problem(
            f"its accumulator needs {scaling.sum_bits + scaling.left} bits, 32 are computed",
            "retrain or recalibrate: a bias or a scale is far out of range",
        )
    if scaling.rounding is Rounding.FAST and int(scaling.shift.min(initial=1)) < 1:
        yield Problem("its sums are scaled up by more than 2^16", "use arithmetic integer, or recalibrate")
    if scaling.rounding is Rounding.ONCE and scaling.factor_bits + scaling.sum_bits > 62:
        yield Problem("its scaling needs more than 64 bits", "recalibrate the layer")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Sharing:
    """How often a process that scales `pe` accumulators starts, and the multipliers that it then needs."""

    interval: int
    units: int


def sharing_of(scaling: Scaling, pe: int, steps: int) -> Sharing:
    """For accumulators that come every `steps` cycles."""
    interval = min(max(steps, 1), _LONGEST_INTERVAL)
    return Sharing(interval=interval, units=math.ceil(_halves(scaling) * pe / interval))


def sharing_unevenly(scaling: Scaling, pe: int, steps: Ints) -> tuple[Sharing, int]:
    """For those that come after so many cycles each, vector after vector; and how many wait at most.

    It keeps up on average, and takes the shortest interval that its multipliers allow, which leaves the fewest waiting.
    """
    slowest = sharing_of(scaling, pe, int(steps.sum()) // len(steps))
    interval = math.ceil(_halves(scaling) * pe / slowest.units)
    come = np.tile(steps, 2).cumsum()  # the second vector meets what the first left behind
    turn = interval * np.arange(len(come))
    go = np.maximum.accumulate(come + 1 - turn) + turn
    waiting = np.arange(1, len(come) + 1) - np.searchsorted(go, come, side="right")
    return Sharing(interval=interval, units=slowest.units), int(waiting.max())


def _halves(scaling: Scaling) -> int:
    """Products of one multiplier, of which a DSP slice takes 17 bits."""
    return 2 if scaling.rounding is Rounding.TWICE else math.ceil(scaling.factor_bits / 17)


def requantize_stage(op: Op, scaling: Scaling, *, pixels: int, pe: int, sharing: Sharing) -> Stage:
    """The process that scales `pe` accumulators at a time, its multipliers shared over its interval."""
    channels = -(-len(scaling.bias) // pe) * pe
    interval, units = sharing.interval, sharing.units
    bits = scaling.sum_bits + scaling.left
    low, high = op.clamp
    names = f"{pixels}, {channels}, {pe}, {scaling.sum_bits}"
    own = {Rounding.TWICE: f"{scaling.left}, ", Rounding.ONCE: f"{scaling.factor_bits}, ", Rounding.FAST: ""}
    small = pe * (bits + scaling.factor_bits + _SHIFT_BITS), channels // pe
    block = not in_luts(*small)
    wide = block_memory(pe * 32, channels // pe) + block_memory(pe * _factor_bits(scaling), channels // pe)
    stored = wide + lut_table(pe * _SHIFT_BITS, channels // pe) if block else memory(*small)
    return Stage(
        name="requantize",
        call=f"{scaling.rounding.value}<{names}, {own[scaling.rounding]}{interval}, {units}>",
        lanes_in=pe,
        bits_in=scaling.sum_bits,
        lanes_out=pe,
        values=pixels * channels,
        cycles=pixels * (channels // pe) * interval,
        cost=requantizer(pe, units, bits) + stored,
        arrays=functools.partial(_constants, scaling, pe, "bram" if block else "lutram"),
        scalars=(op.output.zero_point, low, high),
        tokens_in=1,
    )


def _factor_bits(scaling: Scaling) -> int:
    """Of the type that holds multipliers."""
    return 64 if scaling.factor_bits > 31 else 32


def _constants(scaling: Scaling, pe: int, bind: str) -> tuple[Array, ...]:
    """A word a group of each. LUTs hold what bits the values have, block memory those of their type; shifts are few."""
    return tuple(
        Array(name=name, ctype=ctype, values=in_groups(values, pe, fill), reshape=(2,), bind=to)
        for name, ctype, values, fill, to in (
            ("bias", "int32_t", scaling.bias, 0, bind),
            ("multiplier", f"int{_factor_bits(scaling)}_t", scaling.multiplier, 0, bind),
            ("shift", "int8_t", scaling.shift, 1, "lutram"),
        )
    )
