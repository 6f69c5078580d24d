"""NEG: ``-x``. Of integers LiteRT negates what is stored, whatever the scales and zero points; -128 stays."""

from collections.abc import Sequence

import numpy as np

from packager.ir import DType
from packager.ops._contract import Array, Call, OpDef, present


def reference(call: Call, inputs: Sequence[Array | None]) -> tuple[Array, ...]:  # noqa: ARG001 - nothing to ask
    return (np.negative(present(inputs[0])),)


OP = OpDef(name="NEG", reference=reference, types=frozenset({DType.FLOAT32, DType.INT8}), stacked=1)
