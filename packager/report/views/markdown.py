"""The report as Markdown, for a pull request or a wiki; tables that stay readable as plain text."""

from collections.abc import Iterable, Iterator, Sequence

from packager.figure import Layer
from packager.report import page
from packager.report.markup import cell, code
from packager.report.model import Report
from packager.report.text import DASH, exact
from packager.util.text import human_bytes

SUFFIX = "md"


def render(report: Report) -> str:
    sections = (_head, _findings, _figures, _layers, _interface, _compression, _quantization, _memory, _provenance)
    return "\n\n".join(part for section in sections for part in section(report)) + "\n"


def _head(report: Report) -> Iterator[str]:
    model, target = report.model, report.target
    yield f"# {cell(model.name)} for {cell(target.title)}"
    facts = f"recipe {code(report.recipe)}, arithmetic {code(target.arithmetic)}, {page.origin(report)}"
    yield f"Target {code(target.name)}, {facts}."
    yield f"From a {cell(model.format)} model of {human_bytes(model.bytes)}, SHA-256 {code(model.sha256)}."
    if not report.trusted:
        yield (
            "> **NOT TO BE TRUSTED.** Calibrated on random inputs. Sizes, memory and times hold; ranges, accuracy and\n"
            "> fidelity mean nothing. Build again with `--calibration FILE`."
        )


def _findings(report: Report) -> Iterator[str]:
    if report.diagnostics:
        yield "## Findings"
        yield "\n".join(f"- **{d.severity}** {cell(str(d))}" for d in page.diagnostics_by_weight(report))


def _figures(report: Report) -> Iterator[str]:
    yield "## Figures"
    for group, rows in page.figure_rows(report).items():
        yield _table(
            (cell(group), "", ">value", ">bytes", ">band", "basis", "on or from what"),
            (
                (
                    cell(r.title),
                    code(r.name),
                    cell(r.value),
                    r.digits,
                    cell(r.band),
                    r.basis + cell(r.place),
                    cell(r.source),
                )
                for r in rows
            ),
        )


def _layers(report: Report) -> Iterator[str]:
    if not report.layers:
        return
    names = page.layer_names(report)
    yield "## Layers"
    time = page.time_scale(report)
    head = (">#", "operator", "name", ">constants, B", ">MACs", f">time, {time.unit}", ">SQNR, dB", "runs on", "why")
    yield _table(head, (_layer(layer, names[layer.index], time) for layer in report.layers))


def _layer(layer: Layer, name: str, time: page.Scale) -> tuple[str, ...]:
    return (
        str(layer.index),
        code(layer.op),
        code(name),
        page.count(layer.bytes),
        page.count(layer.macs),
        time.digits(layer.latency_ms),
        DASH if layer.sqnr_db is None else f"{layer.sqnr_db:.1f}",
        layer.placement.value,
        cell(layer.reason),
    )


def _interface(report: Report) -> Iterator[str]:
    ports = [("input", p) for p in report.model.inputs] + [("output", p) for p in report.model.outputs]
    if ports:
        yield "## Inputs and outputs"
        yield _table(
            ("direction", "name", "type", "shape", "real value of the integer q"),
            (
                (
                    way,
                    code(p.name),
                    code(p.type),
                    "x".join(map(str, p.shape)),
                    code(page.quantum(p.scale, p.zero_point)),
                )
                for way, p in ports
            ),
        )


def _compression(report: Report) -> Iterator[str]:
    if report.compression is None:
        return
    yield "## Compression"
    yield f"Steps on the float model, in order, scored on {cell(report.compression.scored)}."
    for step in report.compression.steps:
        cost = f"{step.metric} {step.before:.2f} {step.unit} before, {step.after:.2f} {step.unit} after"
        yield (
            f"**{cell(step.title)}** ({code(step.step)}): {cell(step.summary)}. {cell(cost)}; distillation loss"
            f" {step.loss:.4g}."
        )
        if step.rows:
            yield _table([cell(c) if c[:1] != ">" else f">{cell(c[1:])}" for c in step.columns], _cells(step.rows))
        if step.layers:
            yield "What it cost, layer by layer, dearest first:"
            yield _table(page.cost_columns(step), _cells(page.cost_rows(step)))


def _cells(rows: Iterable[Sequence[str]]) -> Iterator[tuple[str, ...]]:
    return (tuple(cell(value) for value in row) for row in rows)


def _quantization(report: Report) -> Iterator[str]:
    plan = report.quantization
    if plan is None:
        return
    yield "## Quantization"
    yield f"Recipe {code(report.recipe)}, applied by {code(plan.engine)}; {page.origin(report)}."
    if plan.ops:
        rows = ((str(op.index), code(op.where), code(op.scheme), cell(op.reason)) for op in plan.ops)
        yield _table((">#", "operator of the float model", "scheme", "why"), rows)
    if plan.ranges:
        ranges = ((code(r.tensor), f"{r.low:.6g}", f"{r.high:.6g}", cell(r.reason)) for r in plan.ranges)
        yield _table(("tensor", ">low", ">high", "how"), ranges)


def _memory(report: Report) -> Iterator[str]:
    memory = report.memory
    if memory is None:
        return
    yield "## Memory plan"
    bound = f"no plan can take less than {exact(memory.lower_bound_bytes)} B, the most that is alive at once"
    yield f"The arena takes {exact(memory.arena_bytes)} B; {bound}."
    if memory.rows:
        rows = ((code(r.tensor), exact(r.offset), exact(r.bytes), str(r.first), str(r.last)) for r in memory.rows)
        yield _table(("tensor", ">offset, B", ">size, B", ">first operator", ">last operator"), rows)


def _provenance(report: Report) -> Iterator[str]:
    if report.golden or report.tools:
        yield "## Provenance"
    if report.golden:
        engines = (f"{g.engine} {g.version}" + (f" ({g.detail})" if g.detail else "") for g in report.golden)
        yield f"Expected outputs in `golden/` computed by {cell(', '.join(engines))}."
    if report.tools:
        yield f"Made with {cell(', '.join(f'{t.name} {t.version}' for t in report.tools))}."


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; a heading with ``>`` in front is of a column of numbers."""
    lines = [[h.removeprefix(">") for h in head], ["--:" if h.startswith(">") else "---" for h in head], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
