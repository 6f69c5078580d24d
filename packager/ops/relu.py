"""RELU: clamp to 0 and more."""

from packager.ir import Activation
from packager.ops._contract import OpDef
from packager.ops._elementwise import TYPES
from packager.ops._relu import clamping

OP = OpDef(name="RELU", reference=clamping(Activation.RELU), types=TYPES, stacked=1)
