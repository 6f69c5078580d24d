"""Channel pruning: a share of the work goes in whole channels, without training. `packager.prune` does the work."""

import dataclasses
import functools
from collections.abc import Callable, Iterator, Mapping

import numpy as np

from packager.compress._contract import Array, Compressed, Context, Kept, Mask, Step, Work
from packager.compress._gradients import ungraded
from packager.compress._layers import Real, layers_of, with_constants
from packager.compress._names import named
from packager.compress._parts import Parts
from packager.compress._refit import kept_outputs, refit
from packager.compress._sensitivity import curves_of
from packager.config.samples import Samples
from packager.errors import Diagnostic, Severity, did_you_mean
from packager.figure import Curve
from packager.ir import Graph, Model
from packager.prune import Pruned, prune_channels
from packager.prune._contract import Slot
from packager.prune.channels import makers
from packager.prune.importance import IMPORTANCE

_RATIOS = ("importance", "sensitivity")
_TRIED = (0.25, 0.5, 0.75)


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Channels:
    share: float
    """Of the multiply-accumulates that shall go, between 0 and 1."""
    importance: str = "activation"
    """What tells which channels matter: ``activation``, ``l1``, ``l2`` or ``taylor``."""
    ratios: str = "importance"
    """What decides how much each layer loses: ``importance`` for the work it saves, or ``sensitivity``, the measured
    curves of an earlier step, else of one that is run for it."""
    multiple_of: int = 0
    """Of channels, that a layer which loses some keeps; 0 for what the targets like."""
    skip: tuple[str, ...] = ()
    """Names of layers that keep all their channels."""
    refit: bool = True
    """Fit every layer anew to what the original computed, in order; without, only the readers of what went."""


def problems(how: Channels) -> Iterator[tuple[str, str]]:
    if not 0 < how.share < 1:
        yield f"a share of {how.share:g} can't be pruned", "use one between 0 and 1: 0.3 for 30 % of the work"
    if how.importance not in IMPORTANCE:
        yield f"no importance {how.importance!r}", did_you_mean(how.importance, IMPORTANCE)
    if how.ratios not in _RATIOS:
        yield f"no ratios by {how.ratios!r}", did_you_mean(how.ratios, _RATIOS)
    if how.multiple_of < 0:
        yield f"multiple_of = {how.multiple_of} is negative", "use 1, 4, 8 or 16"


def check(model: Model, how: Channels, context: Context) -> Iterator[Diagnostic]:  # noqa: ARG001 - as Step.check
    """What keeps the model from being pruned.

    Raises:
        ConfigError: `skip` names no layer.
        ToolError: ``taylor`` without TensorFlow.
    """
    if not all(type_.dtype.is_float for type_ in model.input_types()):
        yield Diagnostic(
            severity=Severity.ERROR, message="channels of a quantized model can't be pruned",
            hint="give the float model it was made from",
        )  # fmt: skip
        return
    named((model.main.node_name(index) for index, _ in makers(model.main)), how.skip, "skip")
    if how.importance == "taylor":
        yield from ungraded(model)


def apply(model: Model, how: Channels, context: Context) -> Compressed:
    pruned, kept = narrowed(model, how, context.tuning, context)
    total, *cuts = pruned.notes()
    return Compressed(
        model=pruned.model, summary=total.message, changes=tuple(cuts), kept=kept,
        parts=left(model.main, pruned.plan.keep),
    )  # fmt: skip


def left(graph: Graph, keep: Mapping[Slot, Mask]) -> Parts:
    """Which channels each activation keeps."""
    return Parts.of_channels(
        {
            graph.tensors[slot.tensor].name: np.flatnonzero(mask).tolist()
            for slot, mask in keep.items()
            if not graph.tensors[slot.tensor].is_constant and slot.axis == len(graph.type_of(slot.tensor).dims) - 1
        }
    )


def narrowed(model: Model, how: Channels, samples: Samples, context: Context) -> tuple[Pruned, Kept]:
    """The smaller model, fitted anew where asked, and what is kept of it from now on."""
    inputs = inputs_of(samples)
    pruned = prune_channels(
        model,
        inputs,
        share=how.share,
        importance=how.importance,
        multiple_of=how.multiple_of or context.multiple_of,
        skip=how.skip,
        costs=_costs(model, context) if how.ratios == "sensitivity" else None,
        labels=samples.labels,
    )
    masks = _cut(model, pruned.plan.keep, context.kept)
    smaller = _zeroed(pruned.model, masks)
    if how.refit:
        keep = dict(kept_outputs(layers_of(model.main), pruned.plan.keep))
        smaller = refit(model, smaller, inputs, keep=keep, masks=masks, seed=context.seed)
    return dataclasses.replace(pruned, model=smaller), dataclasses.replace(context.kept, masks=masks)


def _costs(model: Model, context: Context) -> dict[str, Callable[[Real], Real]]:
    """What shares of each layer's channels cost: its curve, made to rise, from nothing lost to one point past it."""
    known = [curve for curve in context.curves if curve.what == "channels"]
    curves = known or curves_of(model, context, "channels", _TRIED)
    return {curve.layer: functools.partial(_interpolated, curve) for curve in curves}


def _interpolated(curve: Curve, shares: Real) -> Real:
    at, losses = np.array([0.0, *curve.at]), np.maximum.accumulate([0.0, *curve.losses])
    slope = (losses[-1] - losses[-2]) / (at[-1] - at[-2])
    found: Real = np.interp(shares, [*at, 1.0], [*losses, losses[-1] + slope * (1 - at[-1])])
    return found


def _cut(model: Model, keep: Mapping[Slot, Mask], kept: Kept) -> dict[str, Mask]:
    """The masks of earlier steps, for what is left of their tensors."""
    found = {}
    for index, tensor in enumerate(model.main.tensors):
        mask = kept.masks.get(tensor.name)
        if mask is None:
            continue
        for slot in keep:
            if slot.tensor == index:
                mask = np.compress(keep[slot], mask, axis=slot.axis)
        found[tensor.name] = mask
    return found


def _zeroed(model: Model, masks: Mapping[str, Mask]) -> Model:
    """The model with its masks applied again: what stays of a layer takes over what goes, zeros or not."""
    tensors = enumerate(model.main.tensors)
    changed = {i: t.data * masks[t.name] for i, t in tensors if t.data is not None and t.name in masks}
    return with_constants(model, changed)


def inputs_of(samples: Samples) -> tuple[Array, ...]:
    return tuple(samples.arrays.values())


STEP = Step(
    title="channel pruning",
    parameters=Channels,
    problems=problems,
    check=check,
    apply=apply,
    settles=Work.CHANNELS,
    undoes=frozenset({Work.RANGES, Work.CLUSTERS, Work.PATTERN}),
)
