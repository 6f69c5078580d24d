"""Steps that train: what is refused before anything starts."""

import dataclasses
import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from train.jobs import data, network, weights_of

from packager.compress import find_step, plan_step
from packager.compress._contract import Context, Kept
from packager.compress._measure import Measurer
from packager.compress._training import TrainingStep, check, data_of, held_of
from packager.config.compression import StepTable
from packager.config.samples import RANDOM, Samples
from packager.errors import ConfigError, ToolError
from packager.ir import GraphBuilder, Model, write_tflite

TRAINING = ("finetune", "distill", "qat", "gradual", "sparse_training")
NEEDED: dict[str, dict[str, Any]] = {
    "distill": {"student": "small.tflite"},
    "gradual": {"share": 0.5},
    "sparse_training": {"sparsity": 0.5},
}


def context(model: Model, **changes: object) -> Context:
    example = data()
    samples = Samples(arrays={"x": example.inputs[0]}, labels=example.labels, source="x.npz")

    def load(path: str, *, labels: bool | None) -> Samples:
        assert labels is None
        return dataclasses.replace(samples, source=path)

    own = Context(
        tuning=samples, teacher=model, measure=Measurer.__new__(Measurer), load=load, source=Path("network.tflite")
    )
    return dataclasses.replace(own, **changes)  # type: ignore[arg-type]  # a test's shorthand


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: object())


@pytest.mark.parametrize("name", TRAINING)
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"epochs": 0}, "epochs = 0"),
        ({"learning_rate": 0.0}, "learning_rate = 0.0"),
        ({"held_out": 1.0}, "held_out = 1.0"),
        ({"schedule": "cosin"}, "schedule = 'cosin'"),
        ({"augment": {"flip": [0]}}, r"augment.flip = \[0\]"),
        ({"augment": {"mixup": 1.0}}, "unknown key 'augment.mixup'"),
        ({"temperature": float("nan")}, "temperature = nan"),
    ],
)
def test_values_out_of_range_are_refused(name: str, options: dict[str, object], message: str) -> None:
    table = StepTable(step=name, options={**NEEDED.get(name, {}), **options}, source="own.toml", key="steps[0]")
    with pytest.raises(ConfigError, match=message) as caught:
        plan_step(table)
    assert "own.toml: steps[0]" in str(caught.value)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("gradual", {"share": 0.5, "rounds": 0}, "rounds = 0"),
        ("gradual", {"share": 1.5}, "a share of 1.5"),
        ("gradual", {"share": 0.5, "importance": "tailor"}, "no importance 'tailor'"),
        ("sparse_training", {"sparsity": 1.0}, "a sparsity of 1 "),
        ("qat", {"calibration": "maxmin"}, "no calibration method 'maxmin'"),
    ],
)
def test_own_values_out_of_range_are_refused(name: str, options: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        plan_step(StepTable(step=name, options=options, source="own.toml"))


@pytest.mark.usefixtures("installed")
def test_an_operator_without_a_gradient_is_named_before_anything_starts() -> None:
    b = GraphBuilder()
    x = b.op("FLOOR", [b.input("x", (1, 4))], (1, 4), name="floored")
    model = b.model([b.op("ROUND", [x], (1, 4), name="rounded")])
    (found,) = check(model, TrainingStep(), context(model))
    assert "FLOOR #0 'floored'" in found.message
    assert "ROUND #1 'rounded'" in found.message


@pytest.mark.usefixtures("installed")
def test_a_frozen_layer_that_is_none_is_refused_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match="freeze: no layer 'con'") as caught:
        list(check(network(), TrainingStep(freeze=("con",)), context(network())))
    assert "'conv'" in caught.value.hint


def test_without_tensorflow_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(ToolError, match="training needs tensorflow and keras") as caught:
        list(check(network(), TrainingStep(), context(network())))
    assert "edgepack[tensorflow]" in caught.value.hint


def test_data_is_the_steps_own_then_the_builds_then_the_calibration_inputs() -> None:
    own = context(network())
    more = dataclasses.replace(own.tuning, source="train.npz")
    assert data_of(TrainingStep(), own).source == "x.npz"
    assert data_of(TrainingStep(), dataclasses.replace(own, training=more)).source == "train.npz"
    assert data_of(TrainingStep(train="mine.npz"), dataclasses.replace(own, training=more)).source == "mine.npz"
    with pytest.raises(ConfigError, match="random inputs teach nothing"):
        data_of(TrainingStep(), dataclasses.replace(own, tuning=dataclasses.replace(own.tuning, source=RANDOM)))


def test_masks_of_earlier_steps_are_held_by_name() -> None:
    model = network()
    at = weights_of(model, "conv")
    mask = np.random.default_rng(0).random((8, 3, 3, 2)) < 0.5
    kept = Kept(masks={model.main.tensors[at].name: mask, "gone": mask})
    (held,) = held_of(model, context(model, kept=kept)).items()
    assert held[0] == at
    assert held[1].mask is not None
    assert np.array_equal(held[1].mask, mask)


def test_where_channels_went_the_zeros_that_are_left_are_held() -> None:
    model = network()
    at = weights_of(model, "conv")
    kept = Kept(masks={model.main.tensors[at].name: np.zeros((9, 3, 3, 2), np.bool_)})
    held = held_of(model, context(model, kept=kept))[at]
    assert held.mask is not None
    assert held.mask.all(), "no weight of this layer is zero"


@pytest.mark.usefixtures("installed")
def test_a_student_of_other_outputs_is_refused(tmp_path: Path) -> None:
    (tmp_path / "small.tflite").write_bytes(write_tflite(network(classes=4)))
    step = find_step("distill")
    how = step.parameters(student="small.tflite")
    (found,) = step.check(network(), how, context(network(), folder=tmp_path))
    assert "outputs of small.tflite are [[1, 4]], those of network [[1, 3]]" in found.message
    with pytest.raises(ConfigError, match="no such file"):
        list(step.check(network(), how, context(network(), folder=tmp_path / "elsewhere")))
