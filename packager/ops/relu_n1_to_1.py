"""RELU_N1_TO_1: clamp to [-1, 1]."""

from packager.ir import Activation, DType
from packager.ops._contract import OpDef
from packager.ops._elementwise import TYPES
from packager.ops._relu import clamping

OP = OpDef(name="RELU_N1_TO_1", reference=clamping(Activation.RELU_N1_TO_1), types=TYPES - {DType.INT16}, stacked=1)
