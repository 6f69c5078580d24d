"""RELU6: clamp to [0, 6]."""

from packager.ir import Activation
from packager.ops._contract import OpDef
from packager.ops._elementwise import TYPES
from packager.ops._relu import clamping

OP = OpDef(name="RELU6", reference=clamping(Activation.RELU6), types=TYPES, stacked=1)
