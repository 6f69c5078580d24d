"""Element types, named as TFLite's schema names them, in lower case."""

import enum

import numpy as np


class DType(enum.StrEnum):
    FLOAT32 = "float32"
    FLOAT16 = "float16"
    INT32 = "int32"
    UINT8 = "uint8"
    INT64 = "int64"
    STRING = "string"
    BOOL = "bool"
    INT16 = "int16"
    COMPLEX64 = "complex64"
    INT8 = "int8"
    FLOAT64 = "float64"
    COMPLEX128 = "complex128"
    UINT64 = "uint64"
    RESOURCE = "resource"
    VARIANT = "variant"
    UINT32 = "uint32"
    UINT16 = "uint16"
    INT4 = "int4"
    BFLOAT16 = "bfloat16"
    INT2 = "int2"
    UINT4 = "uint4"
    FLOAT8_E4M3FN = "float8_e4m3fn"
    FLOAT8_E5M2 = "float8_e5m2"

    @property
    def numpy(self) -> np.dtype[np.generic] | None:
        """The numpy type of one element, None where several share a byte or numpy has none."""
        return None if self in _NO_NUMPY else np.dtype(self.value)

    @property
    def bits(self) -> int:
        """Bits of one element; 0 for types without a fixed size."""
        if self.numpy is not None:
            return self.numpy.itemsize * 8
        return _ODD_BITS.get(self, 0)

    @property
    def is_float(self) -> bool:
        return self.value.startswith(("float", "bfloat"))

    @property
    def is_integer(self) -> bool:
        return self.value.startswith(("int", "uint"))


_ODD_BITS = {
    DType.INT4: 4,
    DType.UINT4: 4,
    DType.INT2: 2,
    DType.BFLOAT16: 16,
    DType.FLOAT8_E4M3FN: 8,
    DType.FLOAT8_E5M2: 8,
}
_NO_NUMPY = {*_ODD_BITS, DType.STRING, DType.RESOURCE, DType.VARIANT}
