"""Channel pruning: a share of the work goes in whole channels, without training. `packager.prune` does the work."""

import dataclasses
from collections.abc import Iterator

from packager.compress._contract import Array, Compressed, Context, Step, named
from packager.config.samples import Samples
from packager.errors import Diagnostic, Severity, did_you_mean
from packager.ir import Model
from packager.prune import prune_channels
from packager.prune.channels import makers
from packager.prune.importance import IMPORTANCE


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Channels:
    share: float
    """Of the multiply-accumulates that shall go, between 0 and 1."""
    importance: str = "activation"
    """What tells which channels matter: ``activation``, ``l1`` or ``l2``."""
    multiple_of: int = 0
    """Of channels, that a layer which loses some keeps; 0 for what the targets like."""
    skip: tuple[str, ...] = ()
    """Names of layers that keep all their channels."""


def problems(how: Channels) -> Iterator[tuple[str, str]]:
    if not 0 < how.share < 1:
        yield f"a share of {how.share:g} can't be pruned", "use one between 0 and 1: 0.3 for 30 % of the work"
    if how.importance not in IMPORTANCE:
        yield f"no importance {how.importance!r}", did_you_mean(how.importance, IMPORTANCE)
    if how.multiple_of < 0:
        yield f"multiple_of = {how.multiple_of} is negative", "use 1, 4, 8 or 16"


def check(model: Model, how: Channels, context: Context) -> Iterator[Diagnostic]:  # noqa: ARG001 - as Step.check
    if not all(type_.dtype.is_float for type_ in model.input_types()):
        yield Diagnostic(
            severity=Severity.ERROR, message="channels of a quantized model can't be pruned",
            hint="give the float model it was made from",
        )  # fmt: skip
        return
    named((model.main.node_name(index) for index, _ in makers(model.main)), how.skip, "skip")


def apply(model: Model, how: Channels, context: Context) -> Compressed:
    pruned = prune_channels(
        model,
        inputs_of(context.tuning),
        share=how.share,
        importance=how.importance,
        multiple_of=how.multiple_of or context.multiple_of,
        skip=how.skip,
    )
    total, *cuts = pruned.notes()
    return Compressed(model=pruned.model, summary=total.message, changes=tuple(cuts))


def inputs_of(samples: Samples) -> tuple[Array, ...]:
    return tuple(samples.arrays.values())


STEP = Step(title="channel pruning", parameters=Channels, problems=problems, check=check, apply=apply)
