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

import numpy as np

from packager.config._arrays import LABELS, read_arrays
from packager.config._values import Array, check_shape, numpy_type, sample_shape, values_for
from packager.config.labels import labels_for
from packager.errors import ConfigError
from packager.ir import Model, TensorType
from packager.util.hashing import sha256_path

Shapes = Mapping[str, tuple[int, ...]]
RANDOM = "random"


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
        checked[name] = values_for(f"{path}: {name!r}", array, type_)
    counts = {name: len(array) for name, array in checked.items()}
    if len(set(counts.values())) > 1:
        raise ConfigError(f"{path}: inputs differ in their count: {counts}", hint="give every input of every sample")
    return Samples(
        arrays=checked,
        labels=labels_for(path, arrays, model, next(iter(counts.values()))) if wanted else None,
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
        shape = (count, *sample_shape(type_))
        if any(size < 0 for size in shape):
            raise ConfigError(
                f"input {name!r} has the shape {type_.dims}: random inputs need sizes",
                hint=f"add --input-shape {name}=1,...",
            )
        wanted = numpy_type(type_)
        if wanted.kind == "f":
            arrays[name] = rng.uniform(-1, 1, shape).astype(np.float32)
        elif type_.is_quantized:
            info = np.iinfo(wanted.name)
            arrays[name] = rng.integers(info.min, info.max, shape, wanted, endpoint=True)
        else:
            arrays[name] = rng.integers(0, 2, shape).astype(wanted)
    return Samples(arrays=arrays, source=RANDOM)


def to_integer(samples: Samples, model: Model) -> Samples:
    """Return the samples in the types of `model`'s own inputs: real values are quantized with the input's parameters.

    Inputs are matched by position, for quantizing may rename them. Arrays already of the input's type stay as they are.
    """
    arrays: dict[str, Array] = {}
    for name, type_, array in zip(model.input_names(), model.input_types(), samples.arrays.values(), strict=True):
        wanted = numpy_type(type_)
        if array.dtype == wanted:
            arrays[name] = array
        elif type_.is_quantized and type_.quant is not None:
            arrays[name] = type_.quant.quantize(array, wanted)
        else:
            arrays[name] = array.astype(wanted)
    return dataclasses.replace(samples, arrays=arrays)


def check_shapes(samples: Samples, model: Model) -> None:
    """Check the samples once more against a model whose shapes have since become definite.

    Raises:
        ConfigError: an array's shape does not fit its input.
    """
    for (name, array), type_ in zip(samples.arrays.items(), model.input_types(), strict=True):
        check_shape(f"{samples.source}: {name!r}", array, type_)


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
