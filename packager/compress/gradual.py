"""Gradual channel pruning: the share goes in rounds along a cubic schedule, with training after each."""

import dataclasses
from collections.abc import Iterator

from packager.compress import _training, channels
from packager.compress._contract import Array, Compressed, Context, Step, Table
from packager.compress._training import TrainingStep, compressed, data_of, trained
from packager.compress.channels import Channels, inputs_of
from packager.errors import Diagnostic, Severity
from packager.ir import Model
from packager.prune import prune_channels, work_of
from packager.prune.channels import makers

_LEAST = 0.01
"""Of what is left; a round that would take less takes nothing."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Gradual(TrainingStep):
    share: float
    """Of the multiply-accumulates that shall go, between 0 and 1."""
    importance: str = "taylor"
    """As of the step ``channels``; found anew in each round."""
    multiple_of: int = 0
    skip: tuple[str, ...] = ()
    rounds: int = 4
    between: int = 4
    """Epochs after each round but the last, which gets `epochs`."""

    @property
    def channels(self) -> Channels:
        return Channels(
            share=self.share, importance=self.importance, multiple_of=self.multiple_of, skip=self.skip
        )  # fmt: skip


def problems(how: Gradual) -> Iterator[tuple[str, str]]:
    yield from channels.problems(how.channels)
    yield from _training.problems(how)
    for key, value in (("rounds", how.rounds), ("between", how.between)):
        if value < 1:
            yield f"{key} = {value} is out of range", "use 1 or more"


def check(model: Model, how: Gradual, context: Context) -> Iterator[Diagnostic]:
    yield from channels.check(model, how.channels, context)
    yield from _training.check(model, how, context)


def apply(model: Model, how: Gradual, context: Context) -> Compressed:
    """Prune and train, round by round; the share of a round counts from the model as the step got it."""
    whole, current = work_of(model.main), model
    widths = _widths(model)
    for number in range(1, how.rounds + 1):
        goal = how.share * (1 - (1 - number / how.rounds) ** 3)
        left = work_of(current.main) / whole
        if (share := 1 - (1 - goal) / left) > _LEAST:
            current = _pruned(current, how, context, share)
        if number < how.rounds:
            between = dataclasses.replace(how, epochs=how.between, held_out=0.0)
            current = trained(current, between, context).model
    done = trained(current, how, context)
    reached = 1 - work_of(done.model.main) / whole
    gone = f"{reached:.1%} of the multiply-accumulates went in {how.rounds} rounds, {how.between} epochs after each"
    result = compressed(done, how, context, what=f"{gone}; trained")
    return dataclasses.replace(result, changes=tuple(_changes(widths, done.model)), table=_table(widths, done.model))


def _pruned(model: Model, how: Gradual, context: Context, share: float) -> Model:
    samples = data_of(how, context)
    inputs: tuple[Array, ...] = inputs_of(samples.head(_SEEN))
    return prune_channels(
        model,
        inputs,
        share=share,
        importance=how.importance,
        multiple_of=how.multiple_of or context.multiple_of,
        skip=how.skip,
        labels=None if samples.labels is None else samples.labels[:_SEEN],
    ).model


_SEEN = 1024
"""Inputs that importance and correction are computed from, at most."""


def _widths(model: Model) -> dict[str, int]:
    return {model.main.node_name(index): len(layer.weights) for index, layer in makers(model.main)}


def _changes(before: dict[str, int], after: Model) -> Iterator[Diagnostic]:
    for name, width in _widths(after).items():
        if before.get(name, width) > width:
            message = f"{before[name] - width} of {before[name]} channels went"
            yield Diagnostic(severity=Severity.NOTE, where=name, message=message)


def _table(before: dict[str, int], after: Model) -> Table:
    rows = ((name, str(before.get(name, width)), str(width)) for name, width in _widths(after).items())
    return Table(columns=("layer", ">channels before", ">after"), rows=tuple(rows))


STEP = Step(title="gradual channel pruning", parameters=Gradual, problems=problems, check=check, apply=apply)
