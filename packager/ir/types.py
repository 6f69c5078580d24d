"""The type of a tensor: elements, shape, quantization."""

import dataclasses
import math

from packager.ir.dtype import DType
from packager.ir.quant import QuantParams


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class TensorType:
    dtype: DType
    shape: tuple[int, ...] | None = ()
    """None where the file holds no shape at all."""
    signature: tuple[int, ...] | None = None
    """The shape with -1 for each dynamic dimension, where the file has one."""
    quant: QuantParams | None = None
    has_rank: bool = False

    @property
    def dims(self) -> tuple[int, ...]:
        return self.shape or ()

    @property
    def dynamic_dims(self) -> tuple[int, ...]:
        """Positions of the dimensions without a fixed size."""
        return tuple(i for i, size in enumerate(self.signature or self.dims) if size < 0)

    @property
    def elements(self) -> int:
        return math.prod(abs(size) for size in self.dims)

    @property
    def nbytes(self) -> int:
        """Bytes of a dense buffer of this type; sub-byte types are packed."""
        return (self.elements * self.dtype.bits + 7) // 8

    @property
    def is_quantized(self) -> bool:
        return self.dtype.is_integer and self.quant is not None and self.quant.is_set

    @property
    def scale(self) -> float:
        """The one scale of a per-tensor quantized tensor."""
        assert self.quant is not None
        assert len(self.quant.scale) == 1, self
        return self.quant.scale[0]

    @property
    def zero_point(self) -> int:
        """The one zero point of a per-tensor quantized tensor."""
        assert self.quant is not None
        assert len(self.quant.zero_point) == 1, self
        return self.quant.zero_point[0]
