"""Subsampling: fewer positions are computed, in height or width, from some layer on; every channel stays.

Where positions go is searched for. A later start saves less and costs less, so of the ways to start in one place, in
two or in more, only those count that start as late as the share allows. They are tried as they are; the best few are
fitted anew to what the whole model computes at the positions that are left, and the one nearest to it is taken.
"""

import dataclasses
import functools
from collections.abc import Iterator, Sequence

from packager.compress._contract import Compressed, Context, Step, Work
from packager.compress._grids import AXES
from packager.compress._halving import Halving, halvings, obstacles
from packager.compress._layers import float_only, layers_of
from packager.compress._names import named
from packager.compress._parts import Parts
from packager.compress._refit import refit_each
from packager.compress._starts import Now, Search
from packager.errors import ConfigError, Diagnostic, Severity, did_you_mean
from packager.figure import Table
from packager.ir import Graph, Model
from packager.prune import work_of

_TRIED, _FITTED = 64, 6
"""Ways that are tried, those first that leave the most; and of these that are fitted."""
_NAMED = 3
"""Operators that stand in the way, that a message names at most."""
_RUN = 10**11
"""Multiply-accumulates of all trials together, at most: a large network is tried in fewer ways, but not in
fewer than are fitted."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Subsample:
    share: float
    """Of the multiply-accumulates that shall go at least, between 0 and 1."""
    axes: tuple[str, ...] = tuple(AXES)
    """Dimensions that may lose positions: ``height``, ``width``."""
    refit: bool = True
    """Fit every layer anew to what the original computed, in order."""
    layers: tuple[str, ...] = ()
    """Names of the layers that may take a longer stride; empty for all."""
    skip: tuple[str, ...] = ()
    """Names of layers that may not."""


def problems(how: Subsample) -> Iterator[tuple[str, str]]:
    if not 0 < how.share < 1:
        yield f"a share of {how.share:g} can't be left out", "use one between 0 and 1: 0.3 for 30 % of the work"
    for axis in how.axes:
        if axis not in AXES:
            yield f"no axis {axis!r}", did_you_mean(axis, AXES)
    if not how.axes:
        yield "axes is empty", "leave it out, or name height or width"


def check(model: Model, how: Subsample, context: Context) -> Iterator[Diagnostic]:  # noqa: ARG001 - as Step.check
    yield from float_only(model, "leaving positions out")
    known = [layer.name for layer in layers_of(model.main) if layer.op != "FULLY_CONNECTED"]
    named(known, (*how.layers, *how.skip), "layers and skip")
    if not any(_ways(model, how, axis) for axis in how.axes):
        yield Diagnostic(
            severity=Severity.ERROR, message=f"no layer's positions can be left out: {_why(model, how)}",
            hint="this takes a mean over height or width, or a convolution of stride 2, behind the layer",
        )  # fmt: skip


def _why(model: Model, how: Subsample) -> str:
    if any(True for axis in how.axes for _ in halvings(model, axis)):
        return "`layers` and `skip` leave none that could lose some"
    return _in_the_way(model, how) or f"none has two in {' or '.join(how.axes)}"


def _in_the_way(model: Model, how: Subsample) -> str:
    """The last operators that are, for the most layers lie before them; empty where there are none."""
    stops = tuple(dict.fromkeys(stop for axis in how.axes for stop in obstacles(model, axis)))
    more = f", and {len(stops) - _NAMED} more," if len(stops) > _NAMED else ""
    need = "needs" if len(stops) == 1 else "need"
    return f"{' and '.join(stops[-_NAMED:])}{more} {need} all that there are" if stops else ""


def apply(model: Model, how: Subsample, context: Context) -> Compressed:
    """Halve, until the share has gone.

    Raises:
        ConfigError: so much can't go.
    """
    whole = work_of(model.main)
    search = Search(model, [functools.partial(_ways, how=how, axis=axis) for axis in how.axes], (1 - how.share) * whole)
    if not search.found:
        limit = _in_the_way(model, how)
        raise ConfigError(
            f"{model.name}: leaving positions out can't take {how.share:.0%} of the multiply-accumulates",
            hint=f"{1 - search.least / whole:.1%} is the most found{f' ({limit})' if limit else ''};"
            " let channel pruning take the rest",
        )
    now = _best(model, search.ways, how, context)
    gone = 1 - work_of(now.model.main) / whole
    return Compressed(
        model=now.model,
        summary=f"{gone:.1%} of the multiply-accumulates went with positions that are not computed",
        changes=now.steps,
        table=_table(model.main, now.model.main),
        parts=Parts.of_grids(now.grids),
    )


def _ways(model: Model, how: Subsample, axis: str) -> list[Halving]:
    found = [way for way in halvings(model, axis) if way.starts.isdisjoint(how.skip)]
    return [way for way in found if not how.layers or way.starts <= frozenset(how.layers)]


def _best(model: Model, ways: Sequence[Now], how: Subsample, context: Context) -> Now:
    """The way that changes the outputs least."""
    runs = max(len(x) for x in context.tuning.arrays.values())
    tried = int(_RUN / (runs * work_of(ways[0].model.main)))

    def ranked(some: Sequence[Now]) -> list[Now]:
        losses = [score.loss for score in context.measure([way.model for way in some])]
        return [some[i] for i in sorted(range(len(some)), key=lambda i: (losses[i], i))]

    best = ranked(ways[: max(_FITTED, min(_TRIED, tried))])
    return ranked(_fitted(model, best[:_FITTED], context))[0] if how.refit else best[0]


def _fitted(model: Model, ways: Sequence[Now], context: Context) -> list[Now]:
    inputs, masks = tuple(context.tuning.arrays.values()), context.kept.masks
    models = [(way.model, way.grids) for way in ways]
    better = refit_each(model, models, inputs, masks=masks, seed=context.seed)
    return [dataclasses.replace(way, model=fitted) for way, fitted in zip(ways, better, strict=True)]


def _table(before: Graph, after: Graph) -> Table:
    rows = []
    for old, new in zip(layers_of(before), layers_of(after), strict=True):
        sizes = ["x".join(map(str, layer.call.output.dims[1:-1])) or "1" for layer in (old, new)]
        rows.append((old.where, *sizes, str(old.macs), str(new.macs)))
    return Table(columns=("layer", ">positions before", ">after", ">MACs before", ">after"), rows=tuple(rows))


STEP = Step(
    title="subsampling",
    parameters=Subsample,
    problems=problems,
    check=check,
    apply=apply,
    settles=Work.POSITIONS,
    undoes=frozenset({Work.RANGES, Work.CLUSTERS}),
)
