"""The steps of a compression, one after the other: what each did to the model, what it cost, what is kept."""

import dataclasses
from collections.abc import Iterator

from packager.compress import Compressed, Context, Kept, Planned, Score
from packager.compress._layerwise import layer_costs
from packager.compress._measure import Measurer
from packager.errors import ConfigError, Diagnostic, EdgePackError, Severity, UnsupportedError
from packager.figure import Curve
from packager.ir import Model
from packager.report.model import CompressionStep
from packager.report.page import cost_columns, cost_rows
from packager.report.text import brief


def placed(planned: Planned, error: EdgePackError) -> EdgePackError:
    """The error with its place in the file."""
    return type(error)(f"{planned.table.where}: {error}", hint=error.hint, details=error.details)


@dataclasses.dataclass(kw_only=True, slots=True)
class Run:
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
            raise placed(planned, error) from None
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
        lines = [line for row in self.rows for line in (f"{row.step}: {row.summary}; {_cost(row)}", *_cost_lines(row))]
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


def _cost_lines(row: CompressionStep) -> Iterator[str]:
    """What each layer cost, dearest first, as a table of fixed width."""
    costs = [tuple(c.removeprefix(">") for c in cost_columns(row)), *cost_rows(row)] if row.layers else []
    widths = [max(len(line[i]) for line in costs) for i in range(4)] if costs else []
    for name, *numbers in costs:
        cells = (f"{cell:>{width}}" for cell, width in zip(numbers, widths[1:], strict=True))
        yield "  ".join(("", f"{name:{widths[0]}}", *cells))


def _cost(row: CompressionStep) -> str:
    return f"{row.metric} {row.before:.2f} {row.unit} before, {row.after:.2f} {row.unit} after"
