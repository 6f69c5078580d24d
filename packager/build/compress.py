"""Compression on the way into a build: every step checked first, then run in order, and what each one cost."""

import dataclasses
import re
from collections.abc import Sequence
from pathlib import Path

from packager.build._compression import Run, placed
from packager.build.counts import counts_of
from packager.build.data import Data
from packager.build.score import SCORED
from packager.build.shrink import Shrunk
from packager.compress import Context, Kept, Planned
from packager.compress._measure import Measurer
from packager.compress._names import spelled
from packager.config.profile import Profile
from packager.config.recipe import Recipe, Rule
from packager.config.request import BuildRequest
from packager.config.samples import Samples, load_samples
from packager.errors import ConfigError, Diagnostic, Severity, UnsupportedError
from packager.ir import Model
from packager.quantize import Quantized
from packager.report.model import Compression


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Smaller:
    """What the steps made of the source."""

    shrunk: Shrunk
    kept: Kept
    steps: tuple[Planned, ...]
    contexts: tuple[Context, ...]
    """One a step, as it was given."""
    report: Compression


def compress(
    shrunk: Shrunk,
    steps: Sequence[Planned],
    data: Data,
    request: BuildRequest,
    *,
    multiple_of: int = 1,
    block: tuple[int, int] = (16, 4),
    profiles: Sequence[Profile] = (),
) -> Smaller:
    """Run the steps on the float model that a build starts from.

    Args:
        shrunk: With its dead channels gone already.
        steps: In order.
        data: The calibration inputs are the steps' own; the evaluation inputs, else the same ones, score them.
        request: `max_drop` limits, in points of accuracy, what all steps together may cost.
        multiple_of: Of channels, that the targets like.
        block: Outputs by inputs that the targets' kernels skip.
        profiles: Of the targets whose recipe is int8, where there are some, for steps that ask what is slow on them.

    Raises:
        ConfigError: there is no calibration data, or the request does not fit the model.
        UnsupportedError: a step can't take the model, or the drop is over `max_drop`.
    """
    teacher = shrunk.source.model
    if data.calibration is None:
        raise ConfigError(
            "--prune needs calibration data, to know what matters in the model",
            hint="add --calibration inputs.npz (some hundred real inputs)",
        )
    counts, uncounted = counts_of(profiles)
    context = Context(
        tuning=data.calibration,
        teacher=teacher,
        measure=Measurer(teacher, data.calibration),
        load=_Loader(teacher, Path()),
        source=shrunk.source.path,
        training=data.training,
        seed=request.seed,
        multiple_of=multiple_of,
        block=block,
        counts=counts,
        uncounted=uncounted,
    )
    steps = [_spelled(step, teacher) for step in steps]
    folders = [step.table.folder for step in steps]
    contexts = [dataclasses.replace(context, folder=f, load=_Loader(teacher, f)) for f in folders]
    _check(teacher, steps, contexts)
    samples = (data.evaluation or data.calibration).head(SCORED)
    run = Run(model=teacher, measure=Measurer(teacher, samples))
    for planned, own in zip(steps, contexts, strict=True):
        run.step(planned, own)
        run.stop_over(request.max_drop, teacher)
    where = f"{samples.count} inputs of {samples.source}"
    notes = (*shrunk.source.notes, *run.notes(where))
    source = dataclasses.replace(
        shrunk.source, model=run.model, notes=notes, onnx=None if run.model is not teacher else shrunk.source.onnx,
        tools=tuple(dict.fromkeys((*shrunk.source.tools, *run.tools))),
    )  # fmt: skip
    return Smaller(
        shrunk=Shrunk(source=source, cuts=(*shrunk.cuts, *run.changes)),
        kept=run.kept, steps=tuple(steps), contexts=tuple(run.contexts),
        report=Compression(scored=where, steps=tuple(run.rows)),
    )  # fmt: skip


def with_schemes(recipe: Recipe, kept: Kept) -> Recipe:
    """The recipe with a rule for each operator that a step wants in another scheme; only int8 recipes gain some.

    Symmetric activations are a Jetson's, which knows no 16 bit integers: there such a choice has no effect.
    """
    if recipe.scheme != "int8":
        return recipe
    wanted = {n: s for n, s in kept.schemes.items() if not (recipe.symmetric_activations and s == "int16x8")}
    rules = tuple(Rule(name=f"^{re.escape(name)}$", scheme=scheme) for name, scheme in sorted(wanted.items()))
    return dataclasses.replace(recipe, rules=(*recipe.rules, *rules))


def refine(quantized: Quantized, smaller: Smaller) -> Quantized:
    """Let the steps that have something to do after quantization do it."""
    for planned, context in zip(smaller.steps, smaller.contexts, strict=True):
        if planned.step.refine is None or quantized.float_model is None:
            continue
        done = planned.step.refine(quantized.model, quantized.float_model, planned.parameters, context)
        note = Diagnostic(severity=Severity.NOTE, message=f"{planned.name}: {done.summary}")
        quantized = dataclasses.replace(
            quantized, model=done.model, notes=(*quantized.notes, note, *done.changes),
            tools=(*quantized.tools, *done.tools),
        )  # fmt: skip
    return quantized


class _Loader:
    """`Context.load`."""

    def __init__(self, model: Model, folder: Path) -> None:
        self.model, self.folder = model, folder

    def __call__(self, path: str, *, labels: bool | None) -> Samples:
        return load_samples(self.folder / path, self.model, labels=labels)


def _check(model: Model, steps: Sequence[Planned], contexts: Sequence[Context]) -> None:
    """Ask every step before any runs, and say all that is wrong at once."""
    found: list[Diagnostic] = []
    for planned, context in zip(steps, contexts, strict=True):
        try:
            problems = tuple(planned.step.check(model, planned.parameters, context))
        except ConfigError as error:
            raise placed(planned, error) from None
        found += (dataclasses.replace(d, where=": ".join(w for w in (planned.name, d.where) if w)) for d in problems)
    if any(problem.severity is Severity.ERROR for problem in found):
        raise UnsupportedError.from_diagnostics(model.name, found)


def _spelled(planned: Planned, model: Model) -> Planned:
    """The step with its layers' names in full."""
    try:
        return dataclasses.replace(planned, parameters=spelled(planned.parameters, model.main))
    except ConfigError as error:
        raise placed(planned, error) from None
