"""FULLY_CONNECTED: input [..., depth] flattened to rows of `depth`, weights [units, depth], bias [units]."""

from collections.abc import Sequence

from packager.ir import DType
from packager.ops._contract import FAST17, Array, Call, OpDef
from packager.ops._contraction import TYPES, finish, is_wide, objection, operands
from packager.ops._requantize import Rule


def reference(call: Call, inputs: Sequence[Array | None]) -> tuple[Array, ...]:
    x, w = operands(call, inputs, channel_axis=0)
    bias = inputs[2] if len(inputs) > 2 else None
    product = x.reshape(-1, w.shape[-1]) @ w.T
    return (finish(call, product, bias, rule_of(call)).reshape(-1, *call.output.dims[1:]),)


def rule_of(call: Call) -> Rule:
    """LiteRT's reference kernel scales accumulators in double and rounds once, unlike its convolutions."""
    if call.arithmetic == FAST17 and call.input(0).dtype is DType.INT8:
        return Rule.FAST17
    if call.arithmetic == "xnnpack":
        if call.input(0).dtype is not DType.INT16:
            return Rule.FLOAT32
        if not is_wide(call):
            return Rule.UPWARDS
    return Rule.DOUBLE


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
