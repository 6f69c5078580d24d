"""Calibration and evaluation data: `.npz`, `.npy` or a folder of `.npy`, checked against the model's inputs.

* `.npz`: ``x``, or one array per input, named like it; ``y`` holds the labels.
* `.npy`: the only input.
* a folder: one file per sample, taken in the order of their names, without the batch dimension; or, where a file is
  named after an input, one file per input. ``y.npy`` holds the labels.

An input goes by its tensor's name or by its name in the model's signature. Values are real numbers in the float domain
of the source model; an array whose type is that of a quantized input is taken as it is.
"""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from packager.config._arrays import LABELS, read_arrays
from packager.errors import ConfigError
from packager.ir import DType, Model, TensorType
from packager.util.hashing import sha256_path

Array = npt.NDArray[Any]
Shapes = Mapping[str, tuple[int, ...]]
RANDOM = "random"
_REAL = frozenset({"float16", "float32", "float64", "uint8", "uint16", "int16", "int32", "uint32", "int64", "uint64"})
"""Types that can only mean values; an int8 array was most likely quantized before, with parameters unknown here."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Samples:
    """`count` inputs for a model: for each input name an array of shape ``[count, *input shape without the batch]``."""

    arrays: Mapping[str, Array]
    """By the model's input tensor name, in the order of the model's inputs. float32 where the values are real, the
    input's own type where they are that already."""
    labels: Array | None = None
    """Shape ``[count]``, integer classes, for evaluation."""
    source: str = ""
    """File name (no directory) or ``random``, for the report."""
    sha256: str = ""

    @property
    def count(self) -> int:
        return len(next(iter(self.arrays.values())))

    @property
    def trusted(self) -> bool:
        """False for inputs drawn at random: a report made with them says so."""
        return self.source != RANDOM

    def head(self, count: int) -> "Samples":
        """The first `count` samples."""
        arrays = {name: array[:count] for name, array in self.arrays.items()}
        labels = None if self.labels is None else self.labels[:count]
        return dataclasses.replace(self, arrays=arrays, labels=labels)

    def feed(self, index: int) -> tuple[Array, ...]:
        """Sample `index` as the model takes it, a batch of one per input."""
        return tuple(array[index : index + 1] for array in self.arrays.values())


def load_samples(
    path: Path, model: Model, *, labels: bool | None = False, input_shapes: Shapes | None = None
) -> Samples:
    """Read data for the inputs of `model`; `labels` asks for classes as well, None for them where there are some.

    A dynamic dimension takes any size, or that of `input_shapes` (by input name; the empty name is the only input).

    Raises:
        ConfigError: the file can't be read, or does not fit: names, shapes, types, NaN or infinity, labels out of the
            output's range. The message names the file and the array.
    """
    names = _names(model)
    arrays = read_arrays(path, frozenset(n for group in names for n in group))
    inputs = _pick(path, arrays, names)
    wanted = LABELS in arrays if labels is None else labels
    checked: dict[str, Array] = {}
    for (name, *_), array, type_ in zip(names, inputs, _types(model, input_shapes), strict=True):
        checked[name] = _values(f"{path}: {name!r}", array, type_)
    counts = {name: len(array) for name, array in checked.items()}
    if len(set(counts.values())) > 1:
        raise ConfigError(f"{path}: inputs differ in their count: {counts}", hint="give every input of every sample")
    return Samples(
        arrays=checked,
        labels=_labels(path, arrays, model, next(iter(counts.values()))) if wanted else None,
        source=path.name,
        sha256=sha256_path(path),
    )


def random_samples(model: Model, count: int, seed: int, *, input_shapes: Shapes | None = None) -> Samples:
    """Draw inputs from nothing: uniform in [-1, 1) for floats, over the whole type for quantized inputs, else 0 or 1.

    Raises:
        ConfigError: an input has a dynamic dimension that `input_shapes` leaves open.
    """
    rng = np.random.default_rng(seed)
    arrays: dict[str, Array] = {}
    for name, type_ in zip(model.input_names(), _types(model, input_shapes), strict=True):
        shape = (count, *_sample_shape(type_))
        if any(size < 0 for size in shape):
            raise ConfigError(
                f"input {name!r} has the shape {type_.dims}: random inputs need sizes",
                hint=f"add --input-shape {name}=1,...",
            )
        numpy_type = _numpy(type_)
        if numpy_type.kind == "f":
            arrays[name] = rng.uniform(-1, 1, shape).astype(np.float32)
        elif type_.is_quantized:
            info = np.iinfo(numpy_type.name)
            arrays[name] = rng.integers(info.min, info.max, shape, numpy_type, endpoint=True)
        else:
            arrays[name] = rng.integers(0, 2, shape).astype(numpy_type)
    return Samples(arrays=arrays, source=RANDOM)


def to_integer(samples: Samples, model: Model) -> Samples:
    """Return the samples in the types of `model`'s own inputs: real values are quantized with the input's parameters.

    Inputs are matched by position, for quantizing may rename them. Arrays already of the input's type stay as they are.
    """
    arrays: dict[str, Array] = {}
    for name, type_, array in zip(model.input_names(), model.input_types(), samples.arrays.values(), strict=True):
        numpy_type = _numpy(type_)
        if array.dtype == numpy_type:
            arrays[name] = array
        elif type_.is_quantized and type_.quant is not None:
            arrays[name] = type_.quant.quantize(array, numpy_type)
        else:
            arrays[name] = array.astype(numpy_type)
    return dataclasses.replace(samples, arrays=arrays)


def check_shapes(samples: Samples, model: Model) -> None:
    """Check the samples once more against a model whose shapes have since become definite.

    Raises:
        ConfigError: an array's shape does not fit its input.
    """
    for (name, array), type_ in zip(samples.arrays.items(), model.input_types(), strict=True):
        _check_shape(f"{samples.source}: {name!r}", array, type_)


def _names(model: Model) -> list[list[str]]:
    """For each input the names it goes by, the tensor's first."""
    groups = []
    for index, name in zip(model.main.inputs, model.input_names(), strict=True):
        aliases = [n for s in model.signatures if s.graph == 0 for n, t in s.inputs if t == index]
        groups.append([name, *aliases])
    return groups


def _pick(path: Path, arrays: Mapping[str, Array], names: list[list[str]]) -> list[Array]:
    if len(names) == 1:
        for name in (*names[0], "x", ""):
            if name in arrays:
                return [arrays[name]]
    chosen = [next((arrays[n] for n in group if n in arrays), None) for group in names]
    missing = [group[0] for group, array in zip(names, chosen, strict=True) if array is None]
    if missing:
        have = ", ".join(repr(n) for n in arrays if n) or "a single nameless array"
        wanted = "'x'" if len(names) == 1 else ", ".join(repr(n) for n in missing)
        raise ConfigError(
            f"{path}: no array for input {', '.join(repr(n) for n in missing)}",
            hint=f"name it {wanted}; the file holds {have}",
        )
    return [array for array in chosen if array is not None]


def _types(model: Model, input_shapes: Shapes | None) -> list[TensorType]:
    """Input types with -1 for each dimension that is still open."""
    asked = dict(input_shapes or {})
    types = []
    for group, type_ in zip(_names(model), model.input_types(), strict=True):
        shape = next((asked[n] for n in (*group, "") if n in asked), type_.signature or type_.dims)
        types.append(dataclasses.replace(type_, shape=tuple(shape), signature=None))
    return types


def _sample_shape(type_: TensorType) -> tuple[int, ...]:
    return type_.dims[1:]


def _numpy(type_: TensorType) -> np.dtype[np.generic]:
    numpy_type = type_.dtype.numpy
    if numpy_type is None or not (type_.dtype.is_float or type_.dtype.is_integer or type_.dtype is DType.BOOL):
        raise ConfigError(f"an input of type {type_.dtype.value} can't be fed", hint="give the model numeric inputs")
    return numpy_type


def _values(where: str, array: Array, type_: TensorType) -> Array:
    """The array in float32 or in the input's own type, once it fits."""
    _check_shape(where, array, type_)
    wanted = _numpy(type_)
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


def _check_shape(where: str, array: Array, type_: TensorType) -> None:
    wanted = _sample_shape(type_)
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


def _remedy(labels: Array, count: int) -> str:
    """How labels become integer classes."""
    if labels.ndim == 2 and labels.shape[0] == count:
        return "where each class has a column: y.argmax(axis=1)" if labels.shape[1] > 1 else "take its column: y[:, 0]"
    if labels.shape != (count,):
        return f"give integer classes, shape [{count}]"
    whole = labels.dtype.kind == "f" and np.isfinite(labels).all() and np.array_equal(labels, labels.astype(np.int64))
    return "they are whole: y.astype(int)" if whole else "number the classes from 0"


def _labels(path: Path, arrays: Mapping[str, Array], model: Model, count: int) -> Array:
    labels = arrays.get(LABELS)
    if labels is None:
        raise ConfigError(f"{path}: no labels", hint="an .npz with the inputs as 'x' and the classes as 'y'")
    if labels.dtype.kind not in "iu" or labels.shape != (count,):
        raise ConfigError(
            f"{path}: 'y' is {labels.dtype} {list(labels.shape)}, not one integer class for each of {count} samples",
            hint=_remedy(labels, count),
        )
    output = model.output_types()[0]
    classes = class_count(output)
    if classes is None:
        raise ConfigError(
            f"{path}: labels need a classifier, but output {model.output_names()[0]!r} is {list(output.dims)}",
            hint="leave the labels out",
        )
    wrong = (labels < 0) | (labels >= classes)
    if wrong.any():
        first = int(np.argmax(wrong))
        raise ConfigError(
            f"{path}: label {int(labels[first])} of sample {first} is not in 0..{classes - 1}",
            hint=f"the model tells {classes} classes apart",
        )
    return labels.astype(np.int64)


def class_count(output: TensorType) -> int | None:
    """How many classes an output tells apart; 2 for a single probability, None where it is no classifier's."""
    dims = tuple(size for size in output.dims[1:] if size != 1)
    if len(dims) > 1:
        return None
    return dims[0] if dims else 2
