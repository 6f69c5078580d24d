"""Channel pruning on the way into a build: what went, and what it cost."""

import dataclasses
import math
from collections.abc import Iterable

from packager.build.data import Data
from packager.build.score import SCORED
from packager.build.shrink import Shrunk
from packager.config.profile import Profile
from packager.config.pruning import Pruning
from packager.config.samples import class_count
from packager.errors import ConfigError, Diagnostic, Severity, UnsupportedError
from packager.ir import Model
from packager.prune import Pruned, prune_channels
from packager.quantize.fidelity import accuracy, agreement, real_outputs, sqnr_db


def prune(
    shrunk: Shrunk, how: Pruning, data: Data, profiles: Iterable[Profile], *, max_drop: float | None = None
) -> Shrunk:
    """Take channels out of the float model that a build starts from.

    Args:
        shrunk: With its dead channels gone already.
        how: How much, and which.
        data: Calibration inputs tell which channels matter; evaluation inputs what it cost.
        profiles: Of all targets: the model is one, and its widths suit them all.
        max_drop: Of accuracy, in points.

    Raises:
        ConfigError: there is no calibration data, or the request does not fit the model.
        UnsupportedError: the model is quantized, holds too little to remove, or loses more than `max_drop`.
    """
    before = shrunk.source.model
    if data.calibration is None:
        raise ConfigError(
            "--prune needs calibration data, to know which channels matter",
            hint="add --calibration inputs.npz (some hundred real inputs)",
        )
    multiple = how.multiple_of or math.lcm(*(p.channel_multiple for p in profiles))
    pruned = prune_channels(
        before,
        tuple(data.calibration.arrays.values()),
        share=how.share,
        importance=how.importance,
        multiple_of=multiple,
        skip=how.skip,
    )
    cost, drop = _cost(before, pruned.model, data)
    if max_drop is not None and drop is not None and drop > max_drop:
        raise _too_much(before, pruned, cost, max_drop)
    total, *cuts = pruned.notes()
    notes = (*shrunk.source.notes, total, Diagnostic(severity=Severity.NOTE, message=cost))
    source = dataclasses.replace(shrunk.source, model=pruned.model, notes=notes, onnx=None)
    return Shrunk(source=source, cuts=(*shrunk.cuts, *cuts))


def _cost(before: Model, after: Model, data: Data) -> tuple[str, float | None]:
    """What pruning cost, in words, and the drop in accuracy in points where there are labels."""
    samples = data.evaluation or data.calibration
    assert samples is not None
    samples = samples.head(SCORED)
    old, new = (real_outputs(model, samples)[0] for model in (before, after))
    where = f"on {samples.count} inputs of {samples.source}"
    if class_count(before.output_types()[0]) is None:
        return f"pruning leaves {sqnr_db(old, new):.1f} dB of the float model's output, {where}", None
    if samples.labels is None:
        return f"pruning leaves the class of {agreement(old, new):.1%} as it was, {where}", None
    first, second = accuracy(old, samples.labels), accuracy(new, samples.labels)
    return f"accuracy of the float model: {first:.2f} % before pruning, {second:.2f} % after, {where}", first - second


def _too_much(before: Model, pruned: Pruned, cost: str, max_drop: float) -> UnsupportedError:
    return UnsupportedError(
        f"{before.name}: pruning costs more than {max_drop:g} points of accuracy",
        hint="prune less, or fine-tune the model after pruning it",
        details="\n".join((cost, *(str(cut) for cut in pruned.plan.cuts))),
    )
