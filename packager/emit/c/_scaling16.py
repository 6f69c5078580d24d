"""From accumulators to int16: the fields of `ep_requantize_int16`."""

import dataclasses
from collections.abc import Iterator, Mapping

import numpy as np

from packager.emit.c._contract import Constant, Fields, Ints, Op, Problem
from packager.emit.c._scaling import BLOCK
from packager.ops import _fixed_point as fixed
from packager.ops._requantize import Rule, product_scale

_NAMES = {Rule.WIDE: "wide", Rule.TWICE: "twice", Rule.UPWARDS: "upwards", Rule.DOUBLE: "double"}
_MOST = 1 << 62
_END = 1 << 31
"""Of int32."""
_LARGEST_SHIFT = 61
_LEFT = 30
"""The largest shift to the left of a sum in 32 bits."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Scaling16:
    fields: Fields
    constants: tuple[Constant, ...]
    defines: Mapping[str, int]


def scaling16_of(op: Op, rule: Rule, *, long: bool) -> Scaling16:
    """Return how sums of the operator's input times its weights become its output.

    Args:
        op: With int16 at both ends.
        rule: The reference's.
        long: Whether sums have more than 32 bits.
    """
    low, high = op.clamp
    name = _NAMES[rule]
    if rule is Rule.DOUBLE:
        constants: tuple[Constant, ...] = (_constant("scale", "double", _scales(op)),)
    else:
        multiplier, shift = _multipliers(op, rule)
        narrow = None if long or rule is not Rule.WIDE else _in_32_bits(multiplier, shift)
        if narrow:
            name, (multiplier, shift) = "high", narrow
        constants = (_constant("multiplier", "int32_t", multiplier), _constant("shift", "int8_t", shift))
    return Scaling16(
        fields={
            "rule": f"ep_int16_{name}",
            **{constant.name: op.symbol(constant.name) for constant in constants},
            "low": low,
            "high": high,
        },
        constants=constants,
        defines={f"EP_INT16_{name.upper()}": 1},
    )


def scaling16_problems(op: Op, rule: Rule, reach: Ints) -> Iterator[Problem]:
    """What does not fit the kernels' 64 bits; `reach` is the largest magnitude of each channel's sums."""
    hint = "retrain or recalibrate: a bias or a scale is far out of range"
    if reach.max(initial=0) >= _MOST:
        yield Problem(f"its sums reach {reach.max()}, more than the kernels' 64 bits hold", hint)
    elif rule is not Rule.DOUBLE:
        multiplier, shift = _multipliers(op, rule)
        if rule is Rule.WIDE and not _fits(multiplier, shift, reach):
            yield Problem("its scaling needs more than 64 bits", hint)
        elif rule is not Rule.WIDE and shift.max(initial=0) > _LEFT:
            yield Problem("its scaling needs more than 32 bits", hint)


def _fits(multiplier: Ints, shift: Ints, reach: Ints) -> bool:
    products = (int(r) * int(m) for r, m in zip(reach, multiplier, strict=True))
    return all(1 <= s <= _LARGEST_SHIFT for s in shift.tolist()) and max(products, default=0) < _MOST


def _in_32_bits(multiplier: Ints, shift: Ints) -> tuple[Ints, Ints] | None:
    """The rule `wide` of sums of 32 bits as ``(floor(sum * multiplier / 2^32) >> right) + 1 >> 1``: the same number.

    Rounding down to whole numbers may come before rounding down further. None where some scale is a quarter or more.
    """
    right = np.maximum(shift - 33, 0)
    moved = np.left_shift(multiplier, np.maximum(33 - shift, 0))
    return (moved, right) if moved.max(initial=0) < _END else None


def _scales(op: Op) -> Ints:
    return np.broadcast_to(product_scale(op.input(0), op.input(1), op.output), (op.output.dims[-1],))


def _multipliers(op: Op, rule: Rule) -> tuple[Ints, Ints]:
    """Multiplier and shift of each channel: of 15 bits or 31."""
    mantissa, shift = fixed.quantize_multiplier(_scales(op))
    return fixed.wide_multiplier(mantissa, shift) if rule is Rule.WIDE else (mantissa, shift)


def _constant(name: str, ctype: str, values: Ints) -> Constant:
    """Padding repeats what occurs: vector kernels take whole blocks."""
    return Constant(name=name, ctype=ctype, values=np.pad(values, (0, -len(values) % BLOCK), mode="edge"))
