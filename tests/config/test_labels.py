"""Labels that fit the model, and what is said of those that do not."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from quantize.tiny import classifier

from packager.config.labels import class_count, labels_for
from packager.errors import ConfigError
from packager.ir import DType, GraphBuilder, Model, TensorType


def refused(arrays: Mapping[str, np.ndarray[Any, Any]], model: Model, count: int) -> ConfigError:
    with pytest.raises(ConfigError, match=r"data\.npz") as caught:
        labels_for(Path("data.npz"), arrays, model, count)
    assert caught.value.hint
    return caught.value


def test_labels_become_int64() -> None:
    found = labels_for(Path("data.npz"), {"y": np.array([3, 0], np.uint8)}, classifier(), 2)
    assert (found.dtype, found.tolist()) == (np.dtype("int64"), [3, 0])


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        (None, "no labels"),
        (np.array([0, 1, 2, 3]), "give integer classes, shape [5]"),
        (np.eye(5, 4), "not one integer class for each of 5 samples where each class has a column: y.argmax(axis=1)"),
        (np.zeros((5, 1), np.int64), "y[:, 0]"),
        (np.arange(5.0), "y.astype(int)"),
        (np.linspace(0, 1, 5), "number the classes"),
        (np.array([0, 1, np.nan, 3, 0]), "number the classes"),
        (np.array(list("abcde")), "number the classes"),
        (np.array([0, 1, 4, 3, 4]), "label 4 of sample 2 is not in 0..3"),
        (np.array([0, -1, 0, 0, 0]), "label -1 of sample 1"),
    ],
)
def test_wrong_labels(labels: np.ndarray[Any, Any] | None, words: str) -> None:
    error = refused({} if labels is None else {"y": labels}, classifier(), 5)
    assert words in f"{error} {error.hint}"


def test_labels_for_a_model_that_is_no_classifier() -> None:
    b = GraphBuilder()
    x = b.input("x", (1, 4, 4))
    model = b.model([b.op("RELU", [x], (1, 4, 4))])
    assert "classifier" in str(refused({"y": np.array([0])}, model, 1))


@pytest.mark.parametrize(
    ("dims", "classes"), [((1, 10), 10), ((1, 1, 1, 10), 10), ((1, 1), 2), ((1,), 2), ((1, 4, 4), None)]
)
def test_class_count(dims: tuple[int, ...], classes: int | None) -> None:
    assert class_count(TensorType(dtype=DType.FLOAT32, shape=dims)) == classes
