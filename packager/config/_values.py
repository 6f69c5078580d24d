"""Whether an array fits an input: its shape, its type, its values."""

from typing import Any

import numpy as np
import numpy.typing as npt

from packager.errors import ConfigError
from packager.ir import DType, TensorType

Array = npt.NDArray[Any]
_REAL = frozenset({"float16", "float32", "float64", "uint8", "uint16", "int16", "int32", "uint32", "int64", "uint64"})
"""Types that can only mean values; an int8 array was most likely quantized before, with parameters unknown here."""


def sample_shape(type_: TensorType) -> tuple[int, ...]:
    """The shape of one sample: an input's without its batch."""
    return type_.dims[1:]


def numpy_type(type_: TensorType) -> np.dtype[np.generic]:
    """The type of an input's array."""
    found = type_.dtype.numpy
    if found is None or not (type_.dtype.is_float or type_.dtype.is_integer or type_.dtype is DType.BOOL):
        raise ConfigError(f"an input of type {type_.dtype.value} can't be fed", hint="give the model numeric inputs")
    return found


def values_for(where: str, array: Array, type_: TensorType) -> Array:
    """The array in float32 or in the input's own type, once it fits."""
    check_shape(where, array, type_)
    wanted = numpy_type(type_)
    if array.dtype == wanted and wanted.kind != "f":
        return np.ascontiguousarray(array)
    if array.dtype.name not in _REAL:
        why = "looks quantized already" if array.dtype == np.int8 else "does not hold numbers to calibrate with"
        raise ConfigError(
            f"{where}: the array is {array.dtype}, which {why}; the input is {wanted}",
            hint="give real values: scale * (quantized - zero_point)" if array.dtype == np.int8 else "use float32",
        )
    if wanted.kind == "f" or type_.is_quantized:
        return _finite(where, array)
    return _exact(where, array, wanted)


def check_shape(where: str, array: Array, type_: TensorType) -> None:
    """Raise ConfigError unless the array is some samples of an input's shape; -1 in it fits any size."""
    wanted = sample_shape(type_)
    fits = array.ndim == len(wanted) + 1 and all(
        w in {-1, have} for w, have in zip(wanted, array.shape[1:], strict=True)
    )
    if not fits:
        shape = ", ".join(["n", *(str(w) if w >= 0 else "any" for w in wanted)])
        turned = sorted(array.shape[1:]) == sorted(wanted)  # reshaping such an array would scramble it
        raise ConfigError(
            f"{where}: the array is {list(array.shape)}, the input asks for [{shape}]",
            hint="its axes are in another order, perhaps NCHW: x.transpose(0, 2, 3, 1)"
            if turned
            else "the first dimension counts the samples; reshape the array to fit",
        )
    if not len(array):
        raise ConfigError(f"{where}: no samples in it", hint="give at least one; some hundred calibrate well")


def _finite(where: str, array: Array) -> Array:
    with np.errstate(over="ignore"):
        real = np.ascontiguousarray(array, np.float32)
    bad = ~np.isfinite(real.reshape(len(real), -1)).all(axis=1)
    if bad.any():
        first = int(np.argmax(bad))
        kind = "NaN" if np.isnan(real[first]).any() else "infinity"
        raise ConfigError(
            f"{where}: sample {first} holds {kind} ({int(bad.sum())} of {len(real)} samples do)",
            hint="remove it or repair the preprocessing",
        )
    return real


def _exact(where: str, array: Array, wanted: np.dtype[np.generic]) -> Array:
    if array.dtype.kind == "f":
        raise ConfigError(f"{where}: the array is {array.dtype}, the input takes {wanted}", hint=f"use {wanted}")
    cast = array.astype(wanted)
    if not np.array_equal(cast, array):
        raise ConfigError(f"{where}: values do not fit the input's type {wanted}", hint=f"use {wanted}")
    return cast
