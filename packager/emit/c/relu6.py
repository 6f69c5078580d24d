"""RELU6: int8 by table."""

from packager.emit.c._clamp import clamp_of
from packager.ir import Activation

KERNEL = clamp_of(Activation.RELU6)
