"""From accumulators to int8: the fields of `ep_requantize`, by the rule that arithmetic and operator ask for."""

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from packager.emit.c._contract import Constant, Fields, Ints, Op, Problem, padded
from packager.ir import TensorType
from packager.ops import _fixed_point as fixed
from packager.ops._exact_multiplier import InexactError, exact_multipliers
from packager.ops._requantize import Rule, product_scale, product_scale32

BLOCK = 16
"""Channels that kernels take at once: constants of channels are padded to a multiple of it."""
_NAMES = {Rule.FLOAT32: "float32", Rule.TWICE: "twice", Rule.DOUBLE: "once"}
_LARGEST_SHIFT = 30
_FAR = 1 << 30
"""Sums under it may be doubled."""
_INT8 = (-128, 127)
_END = 1 << 31
"""Of int32; vector kernels add half a unit to a sum before they shift it."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Scaling:
    fields: Fields
    constants: tuple[Constant, ...]
    defines: Mapping[str, int]
    spared: int = 0
    """Bytes of constants that one scale for all channels takes the place of."""


def scaling_of(op: Op, x: TensorType, weights: TensorType, rule: Rule, reach: Ints) -> Scaling:
    """Return how sums of `x` times `weights` become the output.

    Args:
        op: Whose clamp and output count.
        x: The activations' type.
        weights: The weights' type, with one scale or one a channel.
        rule: One of `_NAMES`.
        reach: Largest magnitude of the sums of each channel.
    """
    if rule is Rule.FLOAT32:
        real = np.broadcast_to(product_scale32(x, weights, op.output), reach.shape)
        return finished(op, rule, {"scale": real})
    multiplier, shift = multipliers_of(op, x, weights, rule, reach)
    return finished(op, rule, {"multiplier": multiplier, "shift": shift}, far=reach.max(initial=0) >= _FAR)


def finished(op: Op, rule: Rule, numbers: Mapping[str, Ints], *, far: bool = True) -> Scaling:
    """The fields of a rule's `numbers`, by name one a channel; one for all where they are the same.

    `far` says whether sums may reach `_FAR`.
    """
    low, high = op.clamp
    alike = op.target.one_scale and all(bool(np.all(of == of[0])) for of in numbers.values())
    constants = tuple(_constant(name, of) for name, of in numbers.items())
    fields: dict[str, Any] = {"rule": f"ep_rule_{_NAMES[rule]}"}
    if alike:
        fields |= {f"one_{name}": of[0] for name, of in numbers.items()}
    else:
        fields |= {constant.name: op.symbol(constant.name) for constant in constants}
    fields |= {"zero_point": op.output.zero_point, "low": low, "high": high}
    return Scaling(
        fields=fields,
        constants=() if alike else constants,
        defines={
            f"EP_{_NAMES[rule].upper()}": 1,
            "EP_ONE_SCALE": int(alike),
            "EP_OWN_SCALES": int(not alike),
            **(_twice(numbers["shift"], (low, high), far=far) if rule is Rule.TWICE else {}),
        },
        spared=sum(constant.bytes for constant in constants) if alike else 0,
    )


def _twice(shift: Ints, ends: tuple[int, int], *, far: bool) -> dict[str, int]:
    """What the rule may leave out."""
    return {"EP_SCALES_UP": int(far or bool((shift >= 0).any())), "EP_CLAMPS": int(ends != _INT8)}


def _constant(name: str, values: Ints) -> Constant:
    """Padding repeats a shift that occurs: vector kernels shift by it."""
    if name == "shift":
        return Constant(name=name, ctype="int8_t", values=np.pad(values, (0, -len(values) % BLOCK), mode="edge"))
    ctype = "float" if name == "scale" else "int32_t"
    return Constant(name=name, ctype=ctype, values=padded(values, BLOCK))


def multipliers_of(op: Op, x: TensorType, weights: TensorType, rule: Rule, reach: Ints) -> tuple[Ints, Ints]:
    """Multiplier and shift of each channel, for one of the fixed-point rules.

    A channel that no input can lift off the zero point has a multiplier of 0: dead channels have huge biases. It shifts
    by 1 to the right, as others do at least.
    """
    real = np.broadcast_to(product_scale(x, weights, op.output), reach.shape)
    if rule is Rule.DOUBLE:
        return exact_multipliers(real, reach)
    multiplier, shift = fixed.quantize_multiplier(real)
    ends = np.stack([fixed.multiply(np.minimum(reach, _END - 1) * sign, multiplier, shift) for sign in (-1, 1)])
    dead = (ends == 0).all(axis=0) & (shift <= 0)
    return np.where(dead, 0, multiplier), np.where(dead, -1, shift)


def scaling_problems(op: Op, x: TensorType, weights: TensorType, rule: Rule, reach: Ints) -> Iterator[Problem]:
    """What does not fit the kernels' 32 bits."""
    hint = "retrain or recalibrate: a bias or a scale is far out of range"
    half = np.zeros_like(reach)
    if rule is not Rule.FLOAT32 and reach.max(initial=0) < _END:
        try:
            multiplier, shift = multipliers_of(op, x, weights, rule, reach)
        except InexactError as error:
            yield Problem(str(error), hint)
            return
        left = shift.max(initial=0) if rule is Rule.TWICE else 0
        scaled = (reach * multiplier) >> shift if rule is Rule.DOUBLE else half
        if max(multiplier.max(initial=0), scaled.max(initial=0) + 1) >= _END or left > _LARGEST_SHIFT:
            yield Problem("its scaling needs more than 32 bits", hint)
        half = (1 << np.maximum(-shift, 0)) >> 1 if rule is Rule.TWICE else half
    if (reach + half).max(initial=0) >= _END:
        yield Problem(f"its sums reach {reach.max()}, more than the kernels' 32 bits hold", hint)
