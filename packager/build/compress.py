"""Compression on the way into a build: every step checked first, then run in order, and what each one cost."""

import dataclasses
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from packager.build.counts import counts_of
from packager.build.data import Data
from packager.build.score import SCORED
from packager.build.shrink import Shrunk
from packager.compress import Compressed, Context, Kept, Planned, Score
from packager.compress._layerwise import layer_costs
from packager.compress._measure import Measurer
from packager.compress._names import spelled
from packager.config.profile import Profile
from packager.config.recipe import Recipe, Rule
from packager.config.request import BuildRequest
from packager.config.samples import Samples, load_samples
from packager.errors import ConfigError, Diagnostic, EdgePackError, Severity, UnsupportedError
from packager.figure import Curve
from packager.ir import Model
from packager.quantize import Quantized
from packager.report.model import Compression, CompressionStep
from packager.report.page import cost_columns, cost_rows
from packager.report.text import brief


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
    run = _Run(model=teacher, measure=Measurer(teacher, samples))
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
            raise _of(planned, error) from None
        found += (dataclasses.replace(d, where=": ".join(w for w in (planned.name, d.where) if w)) for d in problems)
    if any(problem.severity is Severity.ERROR for problem in found):
        raise UnsupportedError.from_diagnostics(model.name, found)


def _spelled(planned: Planned, model: Model) -> Planned:
    """The step with its layers' names in full."""
    try:
        return dataclasses.replace(planned, parameters=spelled(planned.parameters, model.main))
    except ConfigError as error:
        raise _of(planned, error) from None


def _of(planned: Planned, error: EdgePackError) -> EdgePackError:
    """The error with its place in the file."""
    return type(error)(f"{planned.table.where}: {error}", hint=error.hint, details=error.details)


@dataclasses.dataclass(kw_only=True, slots=True)
class _Run:
    """The model on its way through the steps."""

    model: Model
    measure: Measurer
    kept: Kept = dataclasses.field(default_factory=Kept)
    curves: tuple[Curve, ...] = ()
    rows: list[CompressionStep] = dataclasses.field(default_factory=list)
    changes: list[Diagnostic] = dataclasses.field(default_factory=list)
    contexts: list[Context] = dataclasses.field(default_factory=list)
    scores: list[Score] = dataclasses.field(default_factory=list)
    tools: list[tuple[str, str]] = dataclasses.field(default_factory=list)

    def step(self, planned: Planned, context: Context) -> None:
        if not self.scores:
            self.scores += self.measure([self.model])
        context = dataclasses.replace(context, kept=self.kept, curves=self.curves)
        try:
            done = planned.step.apply(self.model, planned.parameters, context)
        except ConfigError as error:
            raise _of(planned, error) from None
        self.contexts.append(context)
        before, changed = self.model, done.model is not self.model
        self.scores += self.measure([done.model]) if changed else self.scores[-1:]
        self.model, self.kept = done.model, _held(done.model, done.leaves(self.kept), planned.name)
        self.curves = (*self.curves, *done.curves)
        self.changes += done.changes
        self.tools += done.tools
        costs = layer_costs(before, done, self.measure.teacher, self.measure.samples)
        self.rows.append(dataclasses.replace(_row(planned, done, *self.scores[-2:]), layers=costs))

    def stop_over(self, max_drop: float | None, teacher: Model) -> None:
        """Refuse where the steps so far cost more than was allowed.

        Raises:
            UnsupportedError: with what every layer lost.
        """
        first, last = self.scores[0], self.scores[-1]
        if max_drop is None or first.metric != "accuracy" or first.value - last.value <= max_drop:
            return
        lines = [line for row in self.rows for line in (f"{row.step}: {row.summary}; {_cost(row)}", *cost_lines(row))]
        raise UnsupportedError(
            f"{teacher.name}: {self.rows[-1].step} brings the loss to {first.value - last.value:.2f} points of"
            f" accuracy, more than the {max_drop:g} that --max-drop allows",
            hint="compress less, or fine-tune the model afterwards",
            details="\n".join((*lines, *(brief(str(change)) for change in self.changes))),
        )

    def notes(self, where: str) -> tuple[Diagnostic, ...]:
        """One line a step, and one for what all of them cost."""
        lines = [f"{row.step}: {row.summary}; {_cost(row)}" for row in self.rows]
        first, last = self.scores[0], self.scores[-1]
        total = f"compression: {first} of the float model before, {last} after, on {where}"
        return tuple(Diagnostic(severity=Severity.NOTE, message=text) for text in (*lines, total))


def _held(model: Model, kept: Kept, step: str) -> Kept:
    """What is kept, for the model as it is now.

    A step may cut or split a tensor, but not fill its zeros, nor move weights apart that share an integer.

    Raises:
        EdgePackError: one did, which is a fault of ours.
    """
    masks, clusters = {}, {}
    for tensor in model.main.tensors:
        mask, shared = kept.masks.get(tensor.name), kept.clusters.get(tensor.name)
        if shared is not None and tensor.data is not None:
            if not shared.hold(tensor.data):
                message = f"{step} moved weights of {tensor.name!r} apart that an earlier step made one"
                raise EdgePackError(message, hint="report it")
            clusters[tensor.name] = shared
        if mask is None or tensor.data is None:
            continue
        alive = tensor.data != 0
        if mask.shape == alive.shape and (alive & ~mask).any():
            raise EdgePackError(f"{step} filled zeros of {tensor.name!r} that an earlier step made", hint="report it")
        masks[tensor.name] = mask if mask.shape == alive.shape else alive
    return dataclasses.replace(kept, masks=masks, clusters=clusters)


def _row(planned: Planned, done: Compressed, before: Score, after: Score) -> CompressionStep:
    table = done.table
    columns = table.columns if table else ("layer", "change")
    rows = table.rows if table else tuple((d.where, d.message) for d in done.changes)
    return CompressionStep(
        step=planned.name, title=planned.step.title, summary=done.summary,
        metric=after.metric, unit=after.unit, before=before.value, after=after.value, loss=after.loss,
        columns=columns if rows else (), rows=rows,
        curves=done.curves,
    )  # fmt: skip


def cost_lines(row: CompressionStep) -> Iterator[str]:
    """What each layer cost, dearest first, as a table of fixed width."""
    costs = [tuple(c.removeprefix(">") for c in cost_columns(row)), *cost_rows(row)] if row.layers else []
    widths = [max(len(line[i]) for line in costs) for i in range(4)] if costs else []
    for name, *numbers in costs:
        cells = (f"{cell:>{width}}" for cell, width in zip(numbers, widths[1:], strict=True))
        yield "  ".join(("", f"{name:{widths[0]}}", *cells))


def _cost(row: CompressionStep) -> str:
    return f"{row.metric} {row.before:.2f} {row.unit} before, {row.after:.2f} {row.unit} after"
