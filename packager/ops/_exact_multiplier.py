"""Integer multipliers that round as LiteRT's fully connected kernel does in double, proved step by step."""

import functools
import math

import numpy as np
import numpy.typing as npt

from packager.ops._fixed_point import Int

_MOST_STEPS = 256
"""From the least int8 to the greatest, and one: beyond, the clamp hides all."""


def exact_multipliers(real: npt.NDArray[np.float64], reach: Int) -> tuple[Int, Int]:
    """The shortest integers that do what LiteRT's fully connected kernel does in double.

    LiteRT computes ``round(double(accumulator) * scale)``, half away from zero: an odd step function, of which int8 can
    show 256 steps each side at most. An integer multiplier with the same steps within `reach` gives the same results,
    for every accumulator.
    """
    furthest: dict[float, int] = {}
    for scale, most in zip(real.tolist(), reach.tolist(), strict=True):
        furthest[scale] = max(int(most), furthest.get(scale, 0))
    pairs = [_exact_multiplier(scale, furthest[scale]) for scale in real.tolist()]
    return np.asarray([m for m, _ in pairs], np.int64), np.asarray([s for _, s in pairs], np.int64)


class InexactError(ArithmeticError):
    """No integer multiplier of a width that is computed rounds as a double does."""


@functools.lru_cache(maxsize=4096)
def _exact_multiplier(scale: float, reach: int) -> tuple[int, int]:
    """Solve for the shortest multiplier: each step of the scale bounds it from both sides."""
    if scale <= 0 or scale * reach < 0.4:
        return 0, 1
    steps = _steps(scale, reach)
    exponent = math.frexp(scale)[1]
    for bits in range(1, 63 - reach.bit_length()):
        shift = bits - exponent
        if not 1 <= shift <= 62:
            continue
        half = 1 << (shift - 1)
        least = max((-(-((k << shift) - half) // a) for k, a in steps), default=0)
        most = min(
            ((((k << shift) - half - 1) // (a - 1)) for k, a in steps if a > 1),
            default=(2 << shift) if steps else 0,
        )
        if len(steps) < _MOST_STEPS:
            most = min(most, (((len(steps) + 1) << shift) - half - 1) // reach)
        if least <= most:
            return least, shift
    raise InexactError(f"no integer multiplier for {scale!r} up to {reach}")


def _steps(scale: float, reach: int) -> list[tuple[int, int]]:
    """For each k from 1, the least accumulator whose product rounds to k or more, while within `reach`."""
    found = []
    for k in range(1, _MOST_STEPS + 1):
        a = max(math.ceil((k - 0.5) / scale) - 2, 1)
        while math.floor(float(a) * scale + 0.5) < k:
            a += 1
        if a > reach:
            break
        found.append((k, a))
    return found
