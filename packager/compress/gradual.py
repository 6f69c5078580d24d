"""Gradual channel pruning: the share goes in rounds along a cubic schedule, with training after each."""

import dataclasses
from collections.abc import Iterator, Mapping

import numpy as np

from packager.compress import _training, channels
from packager.compress._contract import Compressed, Context, Step, Work
from packager.compress._training import TrainingStep, compressed, data_of, trained
from packager.compress.channels import Channels, narrowed
from packager.errors import Diagnostic, Severity
from packager.figure import Table
from packager.ir import Model
from packager.prune import Pruned, work_of
from packager.prune._contract import Int
from packager.prune.channels import makers
from packager.train import Hint, Hints

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
    refit: bool = True
    """As of the step ``channels``, before each training."""
    rounds: int = 4
    between: int = 4
    """Epochs after each round but the last, which gets `epochs`."""
    hints: float = 1.0
    """How much it counts, beside the outputs, that kept channels hold what the original's hold; 0 for not at all. Only
    where no earlier step but ``subsample`` changed the model, for the channels to be the same."""

    @property
    def channels(self) -> Channels:
        return Channels(
            share=self.share,
            importance=self.importance,
            multiple_of=self.multiple_of,
            skip=self.skip,
            refit=self.refit,
        )


def problems(how: Gradual) -> Iterator[tuple[str, str]]:
    yield from channels.problems(how.channels)
    yield from _training.problems(how)
    if not 0 <= how.hints <= 100:
        yield f"hints = {how.hints:g} is out of range", "use a weight from 0 to 100"
    for key, value in (("rounds", how.rounds), ("between", how.between)):
        if value < 1:
            yield f"{key} = {value} is out of range", "use 1 or more"


def check(model: Model, how: Gradual, context: Context) -> Iterator[Diagnostic]:
    yield from channels.check(model, how.channels, context)
    yield from _training.check(model, how, context)


def apply(model: Model, how: Gradual, context: Context) -> Compressed:
    """Prune and train, round by round; the share of a round counts from the model as the step got it."""
    whole, now = work_of(model.main), _Channels(model=model, kept={})
    widths = _widths(model)
    for number in range(1, how.rounds + 1):
        goal = how.share * (1 - (1 - number / how.rounds) ** 3)
        left = work_of(now.model.main) / whole
        if (share := 1 - (1 - goal) / left) > _LEAST:
            wanted = dataclasses.replace(how.channels, share=share)
            pruned, kept = narrowed(now.model, wanted, data_of(how, context).head(_SEEN), context)
            now, context = now.cut(pruned), dataclasses.replace(context, kept=kept)
        if number < how.rounds:
            between = dataclasses.replace(how, epochs=how.between, held_out=0.0)
            better = trained(now.model, between, context, hints=now.hints(how, model, context))
            now = dataclasses.replace(now, model=better.model)
    done = trained(now.model, how, context, hints=now.hints(how, model, context))
    reached = 1 - work_of(done.model.main) / whole
    gone = f"{reached:.1%} of the multiply-accumulates went in {how.rounds} rounds, {how.between} epochs after each"
    result = compressed(done, how, context, what=f"{gone}; trained")
    return dataclasses.replace(
        result,
        changes=tuple(_changes(widths, done.model)),
        table=_table(widths, done.model),
        kept=context.kept,
        channels={name: tuple(map(int, at)) for name, at in now.kept.items()},
    )


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Channels:
    """A model on its way, and which of the first one's channels its activations still have."""

    model: Model
    kept: Mapping[str, Int]
    """By the name of a tensor, along its last axis; names that are missing have all."""

    def cut(self, pruned: Pruned) -> "_Channels":
        graph, kept = self.model.main, dict(self.kept)
        for slot, keep in pruned.plan.keep.items():
            tensor = graph.tensors[slot.tensor]
            if slot.axis == len(tensor.type.dims) - 1:
                kept[tensor.name] = kept.get(tensor.name, np.arange(len(keep)))[keep]
        return _Channels(model=pruned.model, kept=kept)

    def hints(self, how: Gradual, start: Model, context: Context) -> Hints | None:
        """What each layer that makes channels shall hold."""
        if start is not context.teacher and start is not context.kept.sampled:
            return None
        first = {tensor.name: t for t, tensor in enumerate(context.teacher.main.tensors)}
        grids = context.kept.grids if start is context.kept.sampled else {}
        graph, found = self.model.main, {}
        for index, _ in makers(graph) if how.hints else ():
            t = graph.nodes[index].outputs[0]
            name, width = graph.tensors[t].name, graph.type_of(t).dims[-1]
            teacher, channels = first.get(name), self.kept.get(name, np.arange(width))
            if teacher is not None and len(channels) == width:
                positions = grids[name].slices if name in grids else ()
                found[t] = Hint(teacher=teacher, channels=channels, positions=positions)
        return Hints(by_tensor=found, weight=how.hints)


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


STEP = Step(
    title="gradual channel pruning",
    parameters=Gradual,
    problems=problems,
    check=check,
    apply=apply,
    files=("train",),
    settles=Work.CHANNELS,
    undoes=frozenset({Work.RANGES, Work.CLUSTERS, Work.PATTERN}),
)
