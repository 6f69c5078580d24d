"""QUANTIZE from 8 bits to 8 bits, signed or not: a table of 256 values."""

from packager.emit.hls._lookup import Lookup
from packager.ir import DType

LAYER = Lookup(DType.INT8, DType.UINT8)
