"""Symmetric int8 as TensorRT takes it: zero point 0, a scale per activation, a scale per output channel of weights."""

import numpy as np
import numpy.typing as npt

from packager.quantize import Range

_LEVELS = 127.0
"""Of a symmetric int8 on each side of zero."""
_TINY = float(np.finfo(np.float32).tiny)
_FAINT = 2.0**-27
"""Least scale of an activation: onnxruntime does not take those of layers that compute next to nothing."""


def activation_scale(range_: Range) -> np.float32:
    """Return the scale that covers the range symmetrically; never 0, which TensorRT refuses."""
    return np.float32(max(abs(range_.low), abs(range_.high), _LEVELS * _FAINT) / _LEVELS)


def weight_scales(weights: npt.NDArray[np.float32], axis: int) -> npt.NDArray[np.float32]:
    """Return a scale per slice along `axis`; 1 for a slice of zeros."""
    others = tuple(a for a in range(weights.ndim) if a != axis)
    peak = np.maximum(weights.max(axis=others), -weights.min(axis=others))
    return np.where(peak > 0, np.maximum(peak / np.float32(_LEVELS), _TINY), 1).astype(np.float32)


def quantize_weights(
    weights: npt.NDArray[np.float32], scales: npt.NDArray[np.float32], axis: int
) -> npt.NDArray[np.int8]:
    """Return ``rint(weights / scale)``, scales along `axis`.

    With `weight_scales` all lie in -127..127; -128 comes back only where the weights were integers with it before.
    """
    shape = [1] * weights.ndim
    shape[axis] = -1
    levels = weights / scales.reshape(shape)
    np.rint(levels, out=levels)
    np.clip(levels, -128, 127, out=levels)
    return levels.astype(np.int8)
