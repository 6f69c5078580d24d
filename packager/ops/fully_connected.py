"""FULLY_CONNECTED: input [..., depth] flattened to rows of `depth`, weights [units, depth], bias [units]."""

from collections.abc import Sequence

from packager.ir import DType
from packager.ops import _fixed_point as fixed
from packager.ops._contract import Array, Call, OpDef
from packager.ops._contraction import TYPES, accumulator_of, finish, objection, operands
from packager.ops._requantize import activation_of, clamp, product_scale


def reference(call: Call, inputs: Sequence[Array | None]) -> tuple[Array, ...]:
    x, w = operands(call, inputs)
    bias = inputs[2] if len(inputs) > 2 else None
    product = x.reshape(-1, w.shape[-1]) @ w.reshape(-1, w.shape[-1]).T
    result = _round_once(call, product, bias) if _in_double(call) else finish(call, product, bias)
    return (result.reshape(-1, *call.output.dims[1:]),)


def _in_double(call: Call) -> bool:
    """LiteRT's reference kernel scales accumulators in double and rounds once, unlike its convolutions."""
    x = call.input(0).dtype
    return x is DType.INT16 or (call.arithmetic == "integer" and x is DType.INT8)


def _round_once(call: Call, product: Array, bias: Array | None) -> Array:
    scale = product_scale(call.input(0), call.input(1), call.output)
    q = fixed.half_away(accumulator_of(call, product, bias) * scale) + call.output.zero_point
    return clamp(q, call.output, activation_of(call.attrs), call.arithmetic)


def macs(call: Call) -> int:
    return call.output.elements * call.input(1).dims[-1]


OP = OpDef(
    name="FULLY_CONNECTED",
    reference=reference,
    macs=macs,
    kind="dense",
    types=TYPES,
    stacked=1,
    objection=objection,
)
