"""Labels of samples: integer classes of what the model's first output tells apart."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from packager.config._arrays import LABELS
from packager.config._values import Array
from packager.errors import ConfigError
from packager.ir import Model, TensorType


def labels_for(path: Path, arrays: Mapping[str, Array], model: Model, count: int) -> Array:
    """The labels of `count` samples in int64, shape ``[count]``, once they fit the model."""
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


def _remedy(labels: Array, count: int) -> str:
    """How labels become integer classes."""
    if labels.ndim == 2 and labels.shape[0] == count:
        return "where each class has a column: y.argmax(axis=1)" if labels.shape[1] > 1 else "take its column: y[:, 0]"
    if labels.shape != (count,):
        return f"give integer classes, shape [{count}]"
    whole = labels.dtype.kind == "f" and np.isfinite(labels).all() and np.array_equal(labels, labels.astype(np.int64))
    return "they are whole: y.astype(int)" if whole else "number the classes from 0"


def class_count(output: TensorType) -> int | None:
    """How many classes an output tells apart; 2 for a single probability, None where it is no classifier's."""
    dims = tuple(size for size in output.dims[1:] if size != 1)
    if len(dims) > 1:
        return None
    return dims[0] if dims else 2
