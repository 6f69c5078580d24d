"""A report laid out for people: what HTML and Markdown both show, in the order in which both show it."""

import dataclasses
from collections.abc import Mapping

from packager.config.figures import figure_groups, figure_kinds
from packager.errors import Diagnostic, Severity
from packager.figure import Basis, Figure, by_cost
from packager.report.model import CompressionStep, Report
from packager.report.text import DASH, exact, short_names, show, show_band, show_figure

OTHER = "Other"
"""The group of figures that the vocabulary lacks."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class FigureRow:
    """A figure as a row of a table."""

    title: str
    name: str
    value: str
    digits: str
    """All digits of a byte count, behind the rounded value; empty for the rest."""
    band: str
    basis: str
    place: str
    """`` on host`` where it was measured elsewhere than on the target; empty for the target's own."""
    source: str


def figure_rows(report: Report) -> dict[str, list[FigureRow]]:
    """Group title to its rows, in the vocabulary's order; groups without figures are left out."""
    groups = {group: [f for name in kinds for f in report.named(name)] for group, kinds in figure_groups().items()}
    groups[OTHER] = [f for f in report.figures if f.name not in figure_kinds()]
    return {group: [row_of(f) for f in figures] for group, figures in groups.items() if figures}


def cost_columns(step: CompressionStep) -> tuple[str, ...]:
    """Of the table of what a step cost layer by layer; ``>`` in front of numbers."""
    return "layer", f">{step.metric} lost, {'dB' if step.unit == 'dB' else 'points'}", ">loss", ">output, dB"


def cost_rows(step: CompressionStep) -> list[tuple[str, ...]]:
    """Dearest first."""
    costs = by_cost(step.layers)
    return [
        (name, f"{cost.drop:.2f}", f"{cost.loss:.4g}", f"{cost.sqnr_db:.1f}")
        for name, cost in zip(short_names([cost.layer for cost in costs]), costs, strict=True)
    ]


def headlines(report: Report) -> list[list[FigureRow]]:
    """The figures to show large: for each name all its rows, the target's own and nearest to a limit first."""
    found = []
    for name, kind in figure_kinds().items():
        if kind.headline and (figures := report.named(name)):
            order = (lambda f: (f.on, -f.worst)) if kind.better == "less" else (lambda f: (f.on, f.least))
            found.append([row_of(f) for f in sorted(figures, key=order)])
    return found


def row_of(figure: Figure) -> FigureRow:
    kind = figure_kinds().get(figure.name)
    large = figure.unit == "B" and abs(figure.value) >= 1024
    return FigureRow(
        title=kind.title if kind else figure.name,
        name=figure.name,
        value=show_figure(figure),
        digits=exact(figure.value) if large else "",
        band=show_band(figure),
        basis=figure.basis.value,
        place=f" on {figure.on}" if figure.on else "",
        source=figure.source,
    )


def diagnostics_by_weight(report: Report) -> list[Diagnostic]:
    """Errors, then warnings, then notes, each in the order given."""
    order = list(reversed(Severity))
    return sorted(report.diagnostics, key=lambda d: order.index(d.severity))


def folded(report: Report) -> tuple[list[Diagnostic], list[Diagnostic]]:
    """Findings by weight: those to show, and notes on single layers, once they are many enough to hide the figures."""
    found = diagnostics_by_weight(report)
    sides: tuple[list[Diagnostic], list[Diagnostic]] = ([], [])
    for d in found:
        sides[bool(d.where) and d.severity is Severity.NOTE].append(d)
    return sides if len(sides[1]) > _MANY else (found, [])


_MANY = 5
"""Notes on single layers that stand in full."""


def layer_names(report: Report) -> Mapping[int, str]:
    """Layer index to a short name."""
    short = short_names([layer.name for layer in report.layers])
    return dict(zip((layer.index for layer in report.layers), short, strict=True))


def origin(report: Report) -> str:
    """On what the quantization rests, in a sentence."""
    if not report.trusted:
        return "calibrated on random inputs"
    return "quantized by its author" if report.quantization is None else "calibrated on the inputs given"


def quantum(scale: float | None, zero_point: int | None) -> str:
    """``0.00392157 * (q + 128)``, with the sign as it is added."""
    if scale is None:
        return DASH
    offset = -(zero_point or 0)
    return f"{scale:.6g} * (q {'-' if offset < 0 else '+'} {abs(offset)})" if offset else f"{scale:.6g} * q"


@dataclasses.dataclass(frozen=True, slots=True)
class Scale:
    """One unit for a whole column or chart, so that its numbers can be compared at a glance."""

    unit: str
    factor: float
    decimals: int

    def digits(self, value: float | None) -> str:
        return DASH if value is None else f"{value * self.factor:,.{self.decimals}f}"

    def text(self, value: float) -> str:
        return f"{self.digits(value)} {self.unit}"


def time_scale(report: Report) -> Scale:
    """Milliseconds, or microseconds where no layer takes one."""
    longest = max((layer.latency_ms or 0.0 for layer in report.layers), default=0.0)
    if longest >= 1:
        return Scale("ms", 1, 3)
    return Scale("\u00b5s", 1000, 1 if longest >= 0.01 else 3)


def size_scale(report: Report) -> Scale:
    """KiB, or bytes where no layer holds ten of them."""
    largest = max((layer.bytes for layer in report.layers), default=0)
    return Scale("KiB", 1 / 1024, 1) if largest >= 10 * 1024 else Scale("B", 1, 0)


def total_ms(report: Report) -> float | None:
    """The sum of the layers' times; None where they overlap, as the stages of a pipeline do."""
    times = [layer.latency_ms for layer in report.layers if layer.latency_ms is not None]
    whole = [f.value for f in report.named("latency.p50.ms") if f.basis is Basis.ESTIMATED]
    if not times or (whole and sum(times) > max(whole) * 1.001):  # a thousandth for rounding
        return None
    return sum(times)


def count(value: float) -> str:
    return show(value, "1") if value else DASH
