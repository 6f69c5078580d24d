"""PAD: surround with zeros, which is the zero point of a quantized tensor."""

from collections.abc import Sequence

import numpy as np

from packager.ir import DType
from packager.ops._contract import Array, Call, OpDef, present


def reference(call: Call, inputs: Sequence[Array | None]) -> tuple[Array, ...]:
    edges = [(int(before), int(after)) for before, after in present(inputs[1])]
    value = call.output.zero_point if call.output.is_quantized else 0
    padded: Array = np.pad(present(inputs[0]), edges, constant_values=value)
    return (padded,)


OP = OpDef(name="PAD", reference=reference, kind="move", types=frozenset(DType))
