"""Training a model's weights: a job for the child, and its outcome written back into the graph."""

import dataclasses
import importlib.metadata
from collections.abc import Mapping
from typing import Any

import numpy as np

from packager.config.training import Training, check_training
from packager.errors import ConfigError, EdgePackError, ToolError, UnsupportedError
from packager.ir import Model, QuantParams, Tensor, frozen, write_tflite
from packager.train._contract import Example, FakeQuant, Held, Hints, Job, Outcome, Trained
from packager.train.check import check_trainable, need_tensorflow, trained_constants
from packager.train.loop import run
from packager.util.child import call

ENVIRONMENT = {
    "KERAS_BACKEND": "tensorflow",  # whatever the user's own keras.json says
    "TF_ENABLE_ONEDNN_OPTS": "1",  # three times as fast, and the same from run to run
    "PYTHONWARNINGS": "ignore",
}


def train(
    model: Model,
    data: Example,
    how: Training,
    *,
    teacher: Model | None = None,
    held: Mapping[int, Held] | None = None,
    quant: FakeQuant | None = None,
    hints: Hints | None = None,
    sparsify: Mapping[int, float] | None = None,
) -> Trained:
    """Return the model with trained weights, of the same shapes and in the same graph.

    Args:
        model: Float and static.
        data: With labels, or without: then `teacher` is learned from.
        how: Epochs, rates, seed and so on.
        teacher: A float model of the same inputs and outputs; its logits are matched.
        held: By tensor index, what of a constant must stay.
        quant: Imitate the integer model's rounding; the ranges that training ends with are left in the graph, for
            calibration to take.
        hints: Activations of the teacher that are matched too.
        sparsify: By tensor index, the share of zeros that a constant reaches, along a cubic schedule.

    Raises:
        ConfigError: a value out of range, data that doesn't fit, no labels and no teacher.
        ToolError: TensorFlow is not installed, or crashed.
        UnsupportedError: the model holds an operator that can't be trained, or the loss ceased to be a number.
    """
    check_training(how, source="training")
    check_trainable(model)
    trained = trained_constants(model.main, how.freeze)
    if not trained:
        raise UnsupportedError(f"{model.name}: has no weights to train", hint="leave the steps that train out")
    if teacher is not None:
        check_trainable(teacher)
        _same_faces(model, teacher)
    elif data.labels is None:
        raise ConfigError("training needs labels or a teacher", hint="give the training data 'y'")
    need_tensorflow()
    job = Job(
        student=write_tflite(model),
        teacher=None if teacher is None else write_tflite(teacher),
        data=data,
        how=how,
        held=held or {},
        quant=quant,
        hints=hints if hints is not None and hints.by_tensor and teacher is not None else None,
        sparsify=sparsify or {},
    )
    outcome = _called(model, job)
    return Trained(
        model=_with(model, outcome), epochs=outcome.epochs, best=outcome.best, start=outcome.start, tools=versions()
    )


def versions() -> tuple[tuple[str, str], ...]:
    """Name and version of what trains, for the manifest; under either of the names TensorFlow is installed by."""
    found = []
    for name in ("keras", "tensorflow", "tensorflow-cpu"):
        try:
            found.append((name, importlib.metadata.version(name)))
        except importlib.metadata.PackageNotFoundError:
            continue
    return tuple(found)


def in_child(model: Model, function: Any, *args: Any) -> Any:
    """Return ``function(*args)`` as computed where TensorFlow is; a crash names the model."""
    try:
        return call(function, *args, env=ENVIRONMENT)
    except ToolError as error:
        raise ToolError(
            f"{model.name}: training failed: {error}",
            hint="what TensorFlow printed is above; a smaller batch needs less memory",
            details=error.details,
        ) from None
    except EdgePackError as error:
        raise type(error)(f"{model.name}: {error}", hint=error.hint, details=error.details) from None


def _called(model: Model, job: Job) -> Outcome:
    outcome: Outcome = in_child(model, run, job)
    return outcome


def _same_faces(model: Model, teacher: Model) -> None:
    """Raises: ConfigError where student and teacher don't take and give the same shapes."""
    for what, own, other in (
        ("inputs", model.input_types(), teacher.input_types()),
        ("outputs", model.output_types(), teacher.output_types()),
    ):
        if [t.dims for t in own] != [t.dims for t in other]:
            raise ConfigError(
                f"{what} of the student {model.name} are {[list(t.dims) for t in own]},"
                f" those of the teacher {teacher.name} {[list(t.dims) for t in other]}",
                hint="a student takes and gives what its teacher does",
            )


def _with(model: Model, outcome: Outcome) -> Model:
    """New weights, and new ranges; older ranges were learned with older weights and go."""

    def written(index: int, tensor: Tensor) -> Tensor:
        if index in outcome.weights:
            return dataclasses.replace(tensor, data=frozen(outcome.weights[index]))
        if index in outcome.ranges:
            low, high = (float(np.float32(end)) for end in outcome.ranges[index])
            quant = QuantParams(minimum=(low,), maximum=(high,), has_vectors=False)
            return dataclasses.replace(tensor, type=dataclasses.replace(tensor.type, quant=quant))
        if tensor.type.quant is not None and tensor.data is None:
            return dataclasses.replace(tensor, type=dataclasses.replace(tensor.type, quant=None))
        return tensor

    return model.with_main(model.main.with_tensors(written))
