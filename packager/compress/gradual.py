"""Gradual channel pruning: the share goes in rounds along a cubic schedule, with training after each."""

import dataclasses
from collections.abc import Iterator

from packager.compress import _training, channels
from packager.compress._contract import Compressed, Context, Step, Work
from packager.compress._parts import Parts
from packager.compress._training import HintedStep, compressed, data_of, trained
from packager.compress.channels import Channels, left, narrowed
from packager.errors import Diagnostic, Severity
from packager.figure import Table
from packager.ir import Model
from packager.prune import work_of
from packager.prune.channels import makers

_LEAST = 0.01
"""Of what is left; a round that would take less takes nothing."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Gradual(HintedStep):
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
    for key, value in (("rounds", how.rounds), ("between", how.between)):
        if value < 1:
            yield f"{key} = {value} is out of range", "use 1 or more"


def check(model: Model, how: Gradual, context: Context) -> Iterator[Diagnostic]:
    found = [*channels.check(model, how.channels, context)]
    yield from found or _training.check(model, how, context)  # either objects to a quantized model, in its own words


def apply(model: Model, how: Gradual, context: Context) -> Compressed:
    """Prune and train, round by round; the share of a round counts from the model as the step got it."""
    whole, now, parts = work_of(model.main), model, Parts()
    widths = _widths(model)
    for number in range(1, how.rounds + 1):
        goal = how.share * (1 - (1 - number / how.rounds) ** 3)
        if (share := 1 - (1 - goal) * whole / work_of(now.main)) > _LEAST:
            wanted = dataclasses.replace(how.channels, share=share)
            pruned, kept = narrowed(now, wanted, data_of(how, context).head(_SEEN), context)
            parts = parts.then(left(now.main, pruned.plan.keep))
            now, context = pruned.model, dataclasses.replace(context, kept=kept)
        if number < how.rounds:
            between = dataclasses.replace(how, epochs=how.between, held_out=0.0)
            now = trained(now, between, dataclasses.replace(context, kept=context.kept.holding(parts))).model
    done = trained(now, how, dataclasses.replace(context, kept=context.kept.holding(parts)))
    reached = 1 - work_of(done.model.main) / whole
    gone = f"{reached:.1%} of the multiply-accumulates went in {how.rounds} rounds, {how.between} epochs after each"
    return dataclasses.replace(
        compressed(done, how, context, what=f"{gone}; trained"),
        changes=tuple(_changes(widths, done.model)),
        table=_table(widths, done.model),
        kept=context.kept,
        parts=parts,
    )


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
