"""Affine quantization: ``real = scale * (quantized - zero_point)``."""

import dataclasses
from typing import Any

import numpy as np
import numpy.typing as npt


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class QuantParams:
    """Scales and zero points of a tensor, one each (per-tensor) or one per slice along `axis` (per-channel).

    `minimum` and `maximum` are the calibrated range that some converters leave in the file; they may stand alone, and
    then `scale` is empty.
    """

    scale: tuple[float, ...] = ()
    zero_point: tuple[int, ...] = ()
    axis: int = 0
    """The quantized dimension; means something only where there is more than one scale."""
    minimum: tuple[float, ...] | None = None
    maximum: tuple[float, ...] | None = None
    has_vectors: bool = True
    """False where the file leaves scale and zero point out rather than empty; kept for a faithful copy."""

    @classmethod
    def per_tensor(cls, scale: float, zero_point: int = 0) -> "QuantParams":
        return cls(scale=(float(np.float32(scale)),), zero_point=(int(zero_point),))

    @property
    def is_set(self) -> bool:
        return bool(self.scale)

    @property
    def is_per_channel(self) -> bool:
        return len(self.scale) > 1

    def scales(self) -> npt.NDArray[np.float32]:
        """Scales as float32, the precision the file holds them in."""
        return np.asarray(self.scale, np.float32)

    def quantize(self, real: npt.ArrayLike, dtype: npt.DTypeLike) -> npt.NDArray[Any]:
        """Nearest integers of `real`, ties to even, clipped to the range of `dtype`."""
        scale, zero_point = self._broadcast(np.ndim(real))
        info = np.iinfo(np.dtype(dtype))
        q = np.rint(np.asarray(real, np.float32) / scale) + zero_point
        clipped: npt.NDArray[Any] = np.clip(q, info.min, info.max).astype(dtype)
        return clipped

    def dequantize(self, quantized: npt.ArrayLike) -> npt.NDArray[np.float32]:
        scale, zero_point = self._broadcast(np.ndim(quantized))
        return ((np.asarray(quantized).astype(np.int64) - zero_point) * scale).astype(np.float32)

    def _broadcast(self, rank: int) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
        scale, zero_point = self.scales(), np.asarray(self.zero_point, np.int64)
        if self.is_per_channel:
            shape = [1] * rank
            shape[self.axis] = -1
            scale = scale.reshape(shape)
            zero_point = zero_point.reshape(shape) if zero_point.size > 1 else zero_point
        return scale, zero_point
