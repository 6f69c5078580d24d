"""What pools share: their window, and exact division by a constant."""

import functools
import math
from collections.abc import Iterator

from packager.emit.hls._contract import Op, Problem
from packager.emit.hls._problems import activation_problem, quantization_problem
from packager.emit.hls._window import Window, window_of


@functools.lru_cache(maxsize=512)
def pool_window(op: Op) -> Window:
    attrs = op.node.attrs
    return window_of(op, (attrs["filter_height"], attrs["filter_width"]), by_channel=True)


def pool_problems(op: Op) -> Iterator[Problem]:
    yield from quantization_problem(op)
    yield from activation_problem(op)


def reciprocals(most: int) -> tuple[list[int], int]:
    """``ceil(2^shift / count)`` for count 0 to `most`, and the shift.

    ``(n * reciprocal) >> shift`` equals ``n // count`` for every n below 2^bits when shift is at least bits plus
    log2 of count (Granlund and Montgomery 1994, theorem 4.2); n is at most 128.5 * count here.
    """
    bits = (128 * most + most // 2).bit_length()
    shift = bits + math.ceil(math.log2(most)) if most > 1 else bits
    return [0, *(-(-(1 << shift) // count) for count in range(1, most + 1))], shift
