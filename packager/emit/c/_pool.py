"""AVERAGE_POOL_2D and MAX_POOL_2D."""

import dataclasses
from collections.abc import Iterator

from packager.emit.c._contract import Invocation, Layer, Op, Problem
from packager.emit.c._quantized import kernel_of, same_problems
from packager.emit.c._window import window_of
from packager.ops._requantize import activation_of, limits

_LANES = 16
"""Channels that vector kernels take at once."""
_LARGE = 256
"""Elements of a window, whose sum of int8 fits 16 bits."""


@dataclasses.dataclass(frozen=True, slots=True)
class Pool:
    kernel: str

    def problems(self, op: Op) -> Iterator[Problem]:
        yield from same_problems(op)

    def layer(self, op: Op) -> Layer:
        # LiteRT's own kernel in both arithmetics: XNNPACK takes no quantized average.
        arithmetic = "integer" if self.kernel == "average_pool_2d" else op.arithmetic
        low, high = limits(op.output, activation_of(op.attrs), arithmetic)
        window = window_of(op, op.attrs["filter_height"], op.attrs["filter_width"])
        return Layer(
            invocations=(
                Invocation(
                    kernel=kernel_of(self.kernel, op),
                    struct="ep_pool",
                    shares=True,
                    arguments=(op.at_input(0), op.at_output()),
                    fields={"window": window, "low": low, "high": high},
                ),
            ),
            defines={
                "EP_POOL_NARROW": int(window["output_c"] < _LANES),
                "EP_POOL_LARGE": int(op.attrs["filter_height"] * op.attrs["filter_width"] > _LARGE),
            },
        )
