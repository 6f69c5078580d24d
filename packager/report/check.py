"""The gate: a report held against a budget, with the unsafe end of every band. What it can't see, it fails."""

import dataclasses
import enum
from collections.abc import Iterator

from packager.config.budget import Budget, Change, Limit
from packager.config.figures import figure_kinds
from packager.errors import ConfigError, did_you_mean
from packager.figure import Basis, Figure
from packager.report.model import Report
from packager.report.movement import Mover, counterpart, mover_of
from packager.report.text import show, show_change


class Status(enum.StrEnum):
    """In the order in which they matter."""

    FAIL = "fail"
    WARN = "warn"
    SKIP = "skip"
    """The limit is optional, and the figure or its baseline is missing."""
    PASS = "pass"  # noqa: S105 - no password


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """One clause of a budget, held against one figure."""

    figure: str
    rule: str
    """As a person writes it: ``max 200 KiB``."""
    status: Status
    unit: str
    value: float | None = None
    """What was compared: the unsafe end of the band. None where the report lacks the figure."""
    limit: float | None = None
    """What it was compared with, in the same unit; None where there is no baseline to compute it from."""
    basis: Basis | None = None
    source: str = ""
    message: str = ""
    """Why, where the numbers alone don't say it."""
    baseline: float | None = None
    """The same end of the baseline's band."""
    mover: Mover | None = None
    """What moved the figure most since the baseline."""

    @property
    def change(self) -> float | None:
        return None if self.value is None or self.baseline is None else self.value - self.baseline


def check(report: Report, budget: Budget, baseline: Report | None = None) -> tuple[Verdict, ...]:
    """Hold a report against the limits of its target, worst verdicts first.

    Only figures of the target count, not what was measured on the machine that built, unless the limit asks for that
    with `on`. Where several of one name remain, the one nearest to breaking the limit counts.

    Raises:
        ConfigError: the budget has no limit for this target, or the baseline is of another target.
    """
    target = report.target
    limits = budget.limits(target.name, target.family)
    if not limits:
        known = ", ".join(budget.targets) or "none"
        raise ConfigError(
            f"{budget.source}: no limit for target {target.name!r}",
            hint=f"add [targets.{target.name}] or [default]; there are tables for: {known}",
        )
    if baseline is not None and baseline.target.name != target.name:
        raise ConfigError(
            f"the baseline is of target {baseline.target.name!r}, the bundle of {target.name!r}",
            hint="compare bundles of one target",
        )
    verdicts = [v for limit in limits for v in _verdicts(limit, report, baseline)]
    order = list(Status)
    return tuple(sorted(verdicts, key=lambda v: order.index(v.status)))


def unknown_targets(budget: Budget, known: set[str]) -> tuple[str, ...]:
    """Sentences on the budget's tables that match none of `known`: a misspelt one would silently hold nothing."""
    return tuple(
        f"{budget.source}: [targets.{name}] matches no target: {did_you_mean(name, known)}"
        for name in budget.targets
        if name not in known
    )


def _verdicts(limit: Limit, report: Report, baseline: Report | None) -> Iterator[Verdict]:
    if limit.max is not None:
        yield _bound(limit, limit.max, report, baseline, upper=True)
    if limit.min is not None:
        yield _bound(limit, limit.min, report, baseline, upper=False)
    if limit.max_increase is not None:
        yield _drift(limit, limit.max_increase, report, baseline, upper=True)
    if limit.max_decrease is not None:
        yield _drift(limit, limit.max_decrease, report, baseline, upper=False)


def _bound(limit: Limit, wall: float, report: Report, baseline: Report | None, *, upper: bool) -> Verdict:
    rule = f"{'max' if upper else 'min'} {show(wall, limit.unit)}"
    seen = _seen(limit, report, rule, upper=upper)
    if isinstance(seen, Verdict):
        return seen
    value = _end(seen, upper=upper)
    status, message = _judge(limit, value, wall, report, upper=upper)
    if status is Status.PASS and limit.warn is not None and _beyond(value, limit.warn, upper=upper):
        status, message = Status.WARN, f"warns from {show(limit.warn, limit.unit)}"
    was = counterpart(seen, baseline.figures) if baseline else None
    verdict = _verdict(limit, rule, status, seen, value, message=message, limit_value=wall)
    return _since(verdict, was, report, baseline, upper=upper)


def _drift(limit: Limit, change: Change, report: Report, baseline: Report | None, *, upper: bool) -> Verdict:
    word = "increase" if upper else "decrease"
    amount = f"{change.amount * 100:g} %" if change.relative else show(change.amount, limit.unit)
    rule = f"max {word} {amount}"
    seen = _seen(limit, report, rule, upper=upper)
    if isinstance(seen, Verdict):
        return seen
    value = _end(seen, upper=upper)
    was = counterpart(seen, baseline.figures) if baseline else None
    if was is None:
        message = "the baseline lacks the figure" if baseline else "needs a baseline to compare with"
        status = Status.SKIP if limit.optional else Status.FAIL
        return _verdict(limit, rule, status, seen, value, message=message)
    start = _end(was, upper=upper)
    wall = start + change.allowed(start) * (1 if upper else -1)
    status, message = _judge(limit, value, wall, report, upper=upper)
    if (was.basis, was.source, was.on) != (seen.basis, seen.source, seen.on):
        message = "; ".join(part for part in (message, f"the baseline was {was.basis}: {was.source}") if part)
    verdict = _verdict(limit, rule, status, seen, value, message=message, limit_value=wall)
    return _since(verdict, was, report, baseline, upper=upper)


def _seen(limit: Limit, report: Report, rule: str, *, upper: bool) -> Figure | Verdict:
    """The figure nearest to breaking the limit, or the verdict that there is none to look at."""
    named = report.named(limit.figure)
    there = [f for f in named if f.on in ({limit.on} if limit.on else {"", report.target.name})]
    figures = [f for f in there if limit.basis in (None, f.basis)]
    fits = [f for f in figures if f.unit == limit.unit]
    if fits:
        return max(fits, key=lambda f: f.worst) if upper else min(fits, key=lambda f: f.least)
    if figures:
        message = f"given in {figures[0].unit}, not in {limit.unit}"
    elif there:
        message = f"not {limit.basis} in the report, only {', '.join(sorted({f.basis for f in there}))}"
    elif named:
        places = ", ".join(sorted({f.on or report.target.name for f in named}))
        message = f"known for {places} only, which says nothing of {limit.on or report.target.name}"
    else:
        message = "not in the report"
    skip = limit.optional and not figures
    status = Status.SKIP if skip else Status.FAIL
    return Verdict(figure=limit.figure, rule=rule, status=status, unit=limit.unit, message=message)


def _judge(limit: Limit, value: float, wall: float, report: Report, *, upper: bool) -> tuple[Status, str]:
    if figure_kinds()[limit.figure].data and not report.trusted:
        return Status.FAIL, "calibrated on random inputs: this figure means nothing"
    if _beyond(value, wall, upper=upper):
        return Status.FAIL, f"{'over' if upper else 'under'} by {show(abs(value - wall), limit.unit)}"
    return Status.PASS, ""


def _end(figure: Figure, *, upper: bool) -> float:
    return figure.worst if upper else figure.least


def _beyond(value: float, wall: float, *, upper: bool) -> bool:
    return value > wall if upper else value < wall


def _verdict(
    limit: Limit,
    rule: str,
    status: Status,
    figure: Figure,
    value: float,
    *,
    message: str,
    limit_value: float | None = None,
) -> Verdict:
    return Verdict(
        figure=limit.figure,
        rule=rule,
        status=status,
        unit=limit.unit,
        value=value,
        limit=limit_value,
        basis=figure.basis,
        source=figure.source,
        message=message,
    )


def _since(verdict: Verdict, was: Figure | None, report: Report, baseline: Report | None, *, upper: bool) -> Verdict:
    """The verdict with its distance from the baseline, and what moved it most."""
    if was is None or baseline is None or verdict.value is None:
        return verdict
    start = _end(was, upper=upper)
    mover = mover_of(verdict.figure, verdict.value - start, baseline, report)
    return dataclasses.replace(verdict, baseline=start, mover=mover)


def story(verdict: Verdict) -> str:
    """The whole verdict in a line: ``212.4 KiB (measured), max 200 KiB; +12.4 KiB since the baseline``."""
    value = "missing" if verdict.value is None else f"{show(verdict.value, verdict.unit)} ({verdict.basis})"
    return "; ".join(part for part in (f"{value}, {verdict.rule}", reason(verdict)) if part)


def reason(verdict: Verdict) -> str:
    """What the numbers alone don't say: why, how far from the baseline, and what moved it. May be empty."""
    moved = f"{show_change(verdict.change, verdict.unit)} since the baseline" if verdict.change else ""
    return "; ".join(part for part in (verdict.message, moved, blame(verdict)) if part)


def blame(verdict: Verdict) -> str:
    """What moved the figure most since the baseline; may be empty."""
    mover = verdict.mover
    return f"most by {mover.name} ({show_change(mover.change, mover.unit)})" if mover else ""
