"""CONCATENATION: join arrays along one dimension; quantized inputs share the output's quantization."""

from collections.abc import Sequence

import numpy as np

from packager.ir import DType
from packager.ops._contract import Array, Call, OpDef, present


def reference(call: Call, inputs: Sequence[Array | None]) -> tuple[Array, ...]:
    return (np.concatenate([present(x) for x in inputs], axis=call.attrs["axis"]),)


def objection(call: Call) -> str:
    """Old uint8 models may mix scales, which the int8 rules forbid."""
    if not call.output.is_quantized:
        return ""
    wanted = (call.output.scale, call.output.zero_point)
    if any(t is not None and (t.scale, t.zero_point) != wanted for t in call.inputs):
        return "its inputs and output differ in scale or zero point"
    return ""


OP = OpDef(name="CONCATENATION", reference=reference, kind="move", types=frozenset(DType), objection=objection)
