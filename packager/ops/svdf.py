"""SVDF: a dense layer over the last inputs, of low rank: features of this input, then weights over time.

Inputs are x [batch, input], features [filters, input], time [filters, memory], bias [units] and the state
[batch, filters * memory]; `rank` filters make a unit. XNNPACK takes no integers, so both arithmetics are
LiteRT's kernel.
"""

from collections.abc import Sequence

import numpy as np

from packager.ir import Activation, DType
from packager.ops import _fixed_point as fixed
from packager.ops._contract import Array, Call, OpDef, present
from packager.ops._elementwise import saturated

STATE = 4


def reference(call: Call, inputs: Sequence[Array | None]) -> tuple[Array, ...]:
    """The newest features lie last in each filter's memory, which moves up by one after every run."""
    x, features, time = (present(inputs[i]).astype(np.int64) for i in range(3))
    filters, memory = time.shape
    state = present(inputs[STATE]).reshape(-1, filters, memory).copy()
    first, second = multipliers(call)
    now = fixed.multiply(fixed.wrap32((x - call.input(0).zero_point) @ features.T), *fixed.quantize_multiplier(first))
    state[:, :, -1] = saturated(now, call.input(STATE))
    units = filters // int(call.attrs["rank"])
    total = (state * time).sum(axis=2).reshape(len(x), units, -1).sum(axis=2)
    if inputs[3] is not None:
        total = total + inputs[3]
    q = fixed.multiply(fixed.wrap32(total), *fixed.quantize_multiplier(second)) + call.output.zero_point
    state[:, :, :-1] = state[:, :, 1:]
    state[:, :, -1] = 0
    return saturated(q, call.output), state.reshape(call.input(STATE).dims)


def multipliers(call: Call) -> tuple[float, float]:
    """From the input's scale times the features' to the state's, and from there to the output's; in float32."""
    x, features, time, state = (np.float32(call.input(i).scale) for i in (0, 1, 2, STATE))
    return float(x * features / state), float(state * time / np.float32(call.output.scale))


def macs(call: Call) -> int:
    filters, memory = call.input(2).dims
    return call.input(0).dims[0] * filters * (call.input(1).dims[1] + memory)


def objection(call: Call) -> str:
    """LiteRT has integers of these types only, and RELU, which is the saturation of an output with zero point -128."""
    if call.attrs["fused_activation_function"] != Activation.RELU:
        return "its fused activation is not RELU, and LiteRT computes no other"
    found = tuple(call.input(i).dtype for i in (1, 2, STATE))
    if found != (DType.INT8, DType.INT16, DType.INT16):
        return f"its features, time weights and state are {', '.join(found)}, wanted int8, int16, int16"
    return ""


OP = OpDef(
    name="SVDF",
    reference=reference,
    macs=macs,
    kind="dense",
    types=frozenset({DType.INT8}),
    state=(STATE,),
    objection=objection,
)
