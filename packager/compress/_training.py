"""What the steps that train share: their data, their checks, and how it went."""

import dataclasses
from collections.abc import Iterator, Mapping

import numpy as np

from packager.compress._contract import Compressed, Context
from packager.compress._gradients import ungraded
from packager.compress._layers import layers_of
from packager.compress._names import named, weighty
from packager.config.samples import Samples
from packager.config.training import Training, training_problems
from packager.errors import ConfigError, Diagnostic, Severity
from packager.figure import Table
from packager.ir import Model
from packager.train import Example, FakeQuant, Held, Hint, Hints, Trained, need_tensorflow, train
from packager.train.check import trained_constants

_MOST_HINTS = 1000


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class TrainingStep(Training):
    """The options of a step that trains: those of `Training`, and data of its own."""

    train: str = ""
    """A data file, relative to the step's; empty for ``--train``, and without that the calibration inputs."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class HintedStep(TrainingStep):
    """Those of a step whose model still computes what the original does."""

    hints: float = 0.0
    """How much it counts, beside the outputs, that activations hold what the original's do: the weight of their mean
    relative squared error; 0 for not at all. Nothing is matched behind a step that rescales or replaces layers."""


def problems(how: Training) -> Iterator[tuple[str, str]]:
    yield from training_problems(how)
    if isinstance(how, HintedStep) and not 0 <= how.hints <= _MOST_HINTS:
        yield f"hints = {how.hints:g} is out of range", f"use a weight from 0 to {_MOST_HINTS}"


def check(model: Model, how: TrainingStep, context: Context) -> Iterator[Diagnostic]:
    """What keeps a model from being trained, found without TensorFlow.

    Raises:
        ConfigError: the data doesn't fit the model, or `freeze` names no layer.
        ToolError: TensorFlow is not installed.
    """
    need_tensorflow()
    if not all(type_.dtype.is_float for type_ in model.input_types()):
        yield Diagnostic(
            severity=Severity.ERROR, message="a quantized model can't be trained",
            hint="give the float model it was made from",
        )  # fmt: skip
        return
    named(weighty(model.main), how.freeze, "freeze")
    found = list(ungraded(model))
    yield from found
    if found:
        return
    trained_constants(model.main, how.freeze)
    data_of(how, context)


def data_of(how: TrainingStep, context: Context) -> Samples:
    """The step's own data, else what ``--train`` gave, else the calibration inputs.

    Raises:
        ConfigError: the file can't be read or doesn't fit the model.
    """
    if how.train:
        return context.load(how.train, labels=None)
    found = context.training or context.tuning
    if not found.trusted:
        raise ConfigError("random inputs teach nothing", hint="add --train DATA.npz: inputs 'x', and labels 'y' if any")
    return found


def trained(
    model: Model,
    how: TrainingStep,
    context: Context,
    *,
    teacher: Model | None = None,
    quant: FakeQuant | None = None,
    sparsify: Mapping[int, float] | None = None,
) -> Trained:
    """Train with what earlier steps made kept: zeros stay zero."""
    samples = data_of(how, context)
    return train(
        model,
        Example(inputs=tuple(samples.arrays.values()), labels=samples.labels),
        dataclasses.replace(how, seed=how.seed or context.seed),
        teacher=teacher or context.teacher,
        held=held_of(model, context),
        quant=quant,
        hints=hints_of(model, how, context),
        sparsify=sparsify,
    )


def hints_of(model: Model, how: TrainingStep, context: Context) -> Hints | None:
    """What each layer shall hold that the original has too: of an activation of its name, the part that is left."""
    parts = context.kept.parts
    if not isinstance(how, HintedStep) or not how.hints or parts is None:
        return None
    graph, teacher = model.main, context.teacher.main
    known = {teacher.tensors[t].name: t for t in teacher.activations()}
    found = {}
    for t in (t for layer in layers_of(graph) for t in layer.call.node.outputs):
        name = graph.tensors[t].name
        if (first := known.get(name)) is None:
            continue
        part, whole = parts[name], teacher.type_of(first).dims
        if graph.type_of(t).dims == part.dims(whole):
            channels = np.arange(whole[-1]) if part.channels is None else np.asarray(part.channels)
            found[t] = Hint(teacher=first, channels=channels, positions=part.slices(len(whole)))
    return Hints(by_tensor=found, weight=how.hints)


def held_of(model: Model, context: Context) -> Mapping[int, Held]:
    """By tensor index, what training must leave."""
    found = {}
    for t, tensor in enumerate(model.main.tensors):
        mask, shared = context.kept.masks.get(tensor.name), context.kept.clusters.get(tensor.name)
        if tensor.data is None or (mask is None and shared is None):
            continue
        if mask is not None and mask.shape != tensor.data.shape:
            mask = tensor.data != 0  # Where channels went since, the zeros that are left speak for themselves.
        found[t] = Held(mask=mask)
        if shared is not None:
            found[t] = Held(mask=mask, clusters=shared.index, units=shared.units)
    return found


def compressed(done: Trained, how: TrainingStep, context: Context, *, what: str) -> Compressed:
    """The outcome in words, and a table of the epochs."""
    samples = data_of(how, context)
    kind = "labels" if samples.labels is not None else "the original's answers"
    if samples.labels is not None and how.distill:
        kind += " and the original's answers"
    count = f"{samples.count} inputs of {samples.source}"
    last = "kept the last epoch" if done.epochs[-1].held_out is None else f"kept epoch {done.best + 1}"
    if done.best < 0:
        last = "no epoch was better than before: weights stay"
    return Compressed(
        model=done.model,
        summary=f"{what} {len(done.epochs)} epochs on {count}, by {kind}; {last}",
        table=_table(done),
        tools=done.tools,
    )


def _table(done: Trained) -> Table:
    start = () if done.start is None else (("before", "", f"{done.start:.4f}", ""),)
    rows = tuple(
        (
            str(number),
            f"{e.loss:.4f}",
            "" if e.held_out is None else f"{e.held_out:.4f}",
            "" if e.accuracy is None else f"{e.accuracy:.2f} %",
        )
        for number, e in enumerate(done.epochs, 1)
    )
    return Table(columns=("epoch", ">loss", ">held-out loss", ">held-out accuracy"), rows=(*start, *rows))
