"""RELU_0_TO_1: clamp to [0, 1]."""

from packager.ir import DType
from packager.ops._contract import OpDef
from packager.ops._relu import between

OP = OpDef(
    name="RELU_0_TO_1",
    reference=between(0.0, 1.0),
    types=frozenset({DType.FLOAT32, DType.INT8, DType.UINT8}),
    stacked=1,
)
