"""From accumulators to int16: the fields of `ep_requantize_int16`."""

import dataclasses
from collections.abc import Iterator, Mapping

import numpy as np

from packager.emit.c._contract import Constant, Fields, Ints, Op, Problem
from packager.ops import _fixed_point as fixed
from packager.ops._contraction import is_wide
from packager.ops._requantize import Rule, product_scale

_NAMES = {Rule.WIDE: "wide", Rule.TWICE: "twice", Rule.UPWARDS: "upwards", Rule.DOUBLE: "double"}
_DOUBLE_BITS = 53
_MOST = 1 << 62
_LARGEST_SHIFT = 61
_LEFT = 30
"""The largest shift to the left of a sum in 32 bits."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Scaling16:
    fields: Fields
    constants: tuple[Constant, ...]
    defines: Mapping[str, int]


def scaling16_of(op: Op, rule: Rule) -> Scaling16:
    """Return how sums of the operator's input times its weights become its output."""
    multiplier, shift = _multipliers(op, rule)
    low, high = op.clamp
    constants = (
        Constant(name="multiplier", ctype="int64_t", values=multiplier),
        Constant(name="shift", ctype="int16_t", values=shift),
    )
    fields = {
        "rule": f"ep_int16_{_NAMES[rule]}",
        "multiplier": op.symbol("multiplier"),
        "shift": op.symbol("shift"),
        "wraps": int(not is_wide(op.evaluation)),
        "low": low,
        "high": high,
    }
    return Scaling16(fields=fields, constants=constants, defines={f"EP_INT16_{_NAMES[rule].upper()}": 1})


def scaling16_problems(op: Op, rule: Rule, reach: Ints) -> Iterator[Problem]:
    """What does not fit the kernels' 64 bits; `reach` is the largest magnitude of each channel's sums."""
    hint = "retrain or recalibrate: a bias or a scale is far out of range"
    multiplier, shift = _multipliers(op, rule)
    if reach.max(initial=0) >= _MOST:
        yield Problem(f"its sums reach {reach.max()}, more than the kernels' 64 bits hold", hint)
    elif rule is Rule.WIDE and not _fits(multiplier, shift, reach):
        yield Problem("its scaling needs more than 64 bits", hint)
    elif rule in {Rule.TWICE, Rule.UPWARDS} and shift.max(initial=0) > _LEFT:
        yield Problem("its scaling needs more than 32 bits", hint)


def _fits(multiplier: Ints, shift: Ints, reach: Ints) -> bool:
    products = (int(r) * int(m) for r, m in zip(reach, multiplier, strict=True))
    return all(1 <= s <= _LARGEST_SHIFT for s in shift.tolist()) and max(products, default=0) < _MOST


def _multipliers(op: Op, rule: Rule) -> tuple[Ints, Ints]:
    """Multiplier and shift of each channel: of 15, 31 or 53 bits."""
    channels = op.output.dims[-1]
    real = np.broadcast_to(product_scale(op.input(0), op.input(1), op.output), (channels,))
    if rule is Rule.DOUBLE:
        fraction, exponent = np.frexp(real)
        return np.ldexp(fraction, _DOUBLE_BITS).astype(np.int64), _DOUBLE_BITS - exponent.astype(np.int64)
    mantissa, shift = fixed.quantize_multiplier(real)
    if rule is Rule.WIDE:
        reduced, total = fixed.wide_multiplier(mantissa, shift)
        return reduced, total
    return mantissa, shift
