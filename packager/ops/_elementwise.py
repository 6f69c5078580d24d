"""What the elementwise operators share: rescaling between two quantizations, and the standing of XNNPACK."""

import numpy as np
import numpy.typing as npt

from packager.ir import DType, TensorType
from packager.ops import _fixed_point as fixed
from packager.ops._contract import Array, Call
from packager.ops._requantize import ends

TYPES = frozenset({DType.FLOAT32, DType.INT8, DType.UINT8, DType.INT16})


def is_xnnpack(call: Call) -> bool:
    """Whether XNNPACK may compute it: it knows quantized types of 8 bits only."""
    return call.arithmetic == "xnnpack" and call.input(0).dtype in {DType.INT8, DType.UINT8}


def ratio32(numerator: float, denominator: float) -> float:
    """The quotient of two scales as float32, as the kernels compute it."""
    return float(np.float32(numerator) / np.float32(denominator))


def centred(x: Array, type_: TensorType) -> npt.NDArray[np.int64]:
    value: npt.NDArray[np.int64] = x.astype(np.int64) - type_.zero_point
    return value


def scaled(x: Array, multiplier: float) -> npt.NDArray[np.int64]:
    """``x * multiplier`` in fixed point, rounded twice."""
    return fixed.multiply(x, *fixed.quantize_multiplier(multiplier))


def saturated(q: Array, output: TensorType) -> Array:
    clipped: Array = np.clip(q, *ends(output)).astype(output.dtype.numpy)
    return clipped
