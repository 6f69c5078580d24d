"""DIV: quotient of two arrays, with broadcasting; float32 only."""

from collections.abc import Sequence

from packager.ir import DType
from packager.ops._contract import Array, Call, OpDef, present
from packager.ops._requantize import activation_of, clamp_float


def reference(call: Call, inputs: Sequence[Array | None]) -> tuple[Array, ...]:
    a, b = present(inputs[0]), present(inputs[1])
    return (clamp_float(a / b, activation_of(call.attrs)),)


OP = OpDef(name="DIV", reference=reference, types=frozenset({DType.FLOAT32}), stacked=2)
