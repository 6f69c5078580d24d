"""Integers of one scale to another, where a table would be too large: int16 at one end at least."""

import dataclasses
import math
from collections.abc import Callable, Iterator

from packager.emit.c._contract import Invocation, Layer, Op, Problem
from packager.ir import DType
from packager.ops import _fixed_point as fixed
from packager.ops._requantize import limits

_LEFT = 14
"""The largest shift to the left of a difference of 17 bits in 32."""


@dataclasses.dataclass(frozen=True, slots=True)
class Rescale:
    """RELU, RELU6, LEAKY_RELU and QUANTIZE."""

    slopes: Callable[[Op], tuple[float, float]]
    """Multipliers of what is not negative, and of what is."""
    activation: int = 0

    def problems(self, op: Op) -> Iterator[Problem]:
        for t in (op.node.inputs[0], op.node.outputs[0]):
            type_ = op.graph.type_of(t)
            name = op.graph.tensors[t].name
            if type_.dtype not in {DType.INT8, DType.INT16} or type_.quant is None or not type_.is_quantized:
                yield Problem(f"{name!r} is {type_.dtype}, the kernel takes int16", "quantize it to int16")
                return
            if type_.quant.is_per_channel:
                yield Problem(f"{name!r} has no single scale", "quantize activations per tensor")
                return
        if max(int(fixed.quantize_multiplier(abs(slope))[1]) for slope in self.slopes(op)) > _LEFT:
            yield Problem("its scaling needs more than 32 bits", "recalibrate: a scale is far out of range")

    def layer(self, op: Op) -> Layer:
        above, below = self.slopes(op)
        low, high = limits(op.output, self.activation, "integer")
        up, up_shift = fixed.quantize_multiplier(above)
        down, down_shift = fixed.quantize_multiplier(abs(below))
        bits = (op.input(0).dtype.bits, op.output.dtype.bits)
        return Layer(
            invocations=(
                Invocation(
                    kernel=f"rescale_{bits[0]}_{bits[1]}",
                    struct="ep_rescale",
                    arguments=(op.at_input(0), op.at_output()),
                    fields={
                        "count": op.output.elements,
                        "zero": op.input(0).zero_point,
                        "output_zero": op.output.zero_point,
                        "multiplier": int(up),
                        "shift": int(up_shift),
                        "below_sign": int(math.copysign(1, below)),
                        "below_multiplier": int(down),
                        "below_shift": int(down_shift),
                        "low": low,
                        "high": high,
                    },
                ),
            ),
            defines={"EP_SLOPES": int(above != below)},
        )
