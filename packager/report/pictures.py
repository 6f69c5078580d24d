"""Which pictures a report has, and what is drawn in them."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence

from packager.figure import Layer, by_cost
from packager.report.curves import curve_pictures
from packager.report.model import CompressionStep, Memory, Report
from packager.report.page import Scale, layer_names, size_scale, time_scale, total_ms
from packager.report.svg import Bar, Block, Mark, arena, bars
from packager.report.text import DASH, short_names
from packager.util.text import human_bytes

_ROWS = 24
"""Rows of a chart; of more layers the smallest share the last row."""
_WORST = 10
_ROUNDING = 1e-6
"""A distillation loss that two kernels of one engine differ by."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Picture:
    ident: str
    title: str
    note: str
    """How to read it, in a sentence."""
    svg: str
    places: tuple[str, ...] = ()
    """The places that its colours stand for; empty where there is only one."""


def pictures(report: Report) -> tuple[Picture, ...]:
    """Every picture that the report has numbers for."""
    found = (_size(report), _time(report), _memory(report), _noise(report))
    curves = curve_pictures(report.compression) if report.compression else ()
    drawn = (Picture(ident=ident, title=title, note=note, svg=svg) for ident, title, note, svg in curves)
    costs = (_costs(number, step) for number, step in enumerate(report.compression.steps if report.compression else ()))
    return (*(p for p in (*found, *costs) if p is not None), *drawn)


def _costs(number: int, step: CompressionStep) -> Picture | None:
    """What a step cost, dearest layers first."""
    ranked = [cost for cost in by_cost(step.layers) if cost.loss > _ROUNDING][:_ROWS]
    if not ranked:
        return None
    names = short_names([cost.layer for cost in ranked])
    unit = "dB" if step.unit == "dB" else "points"
    rows = [
        Bar(
            index="", op="", name=name, value=cost.loss, text=f"{cost.loss:.3g}", share=f"{cost.drop:+.2f}", style="cpu"
        )
        for name, cost in zip(names, ranked, strict=True)
    ]
    note = f"Distillation loss that each layer adds, dearest first, and the {step.metric} that it costs, {unit}."
    title = f"Cost of {step.title}, layer by layer"
    svg = bars(f"cost-{number}", title, note, rows)
    return Picture(ident=f"cost-{number}", title=title, note=note, svg=svg)


def _size(report: Report) -> Picture | None:
    rows = _rows(report, lambda layer: layer.bytes, size_scale(report))
    note = "Constants by the operator that reads them first, in the order of the graph."
    return _chart(report, "size", "Size by layer", note, rows)


def _time(report: Report) -> Picture | None:
    rows = _rows(report, lambda layer: layer.latency_ms or 0.0, time_scale(report))
    note = f"Estimated for {report.target.title}, in the order of the graph."
    if total_ms(report) is None:
        note += " The layers overlap: together they take less than their sum."
    return _chart(report, "time", "Time by layer, estimated", note, rows)


def _noise(report: Report) -> Picture | None:
    known = [(layer.sqnr_db, layer) for layer in report.layers if layer.sqnr_db is not None]
    worst = sorted(known, key=lambda pair: (pair[0], pair[1].index))[:_WORST]
    names = layer_names(report)
    rows = [_row(layer, names, ratio, f"{ratio:.1f} dB", "") for ratio, layer in worst]
    note = "Signal to quantization noise against the float model; 6 dB are one bit. The lowest is the first to look at."
    return _chart(report, "noise", "Noisiest layers", note, rows)


def _chart(report: Report, ident: str, title: str, note: str, rows: Sequence[Bar]) -> Picture | None:
    if not rows:
        return None
    places = tuple(sorted({layer.placement.value for layer in report.layers}))
    top = max(rows, key=lambda row: row.value)
    description = f"{note} The longest of {len(rows)} bars is {top.op} {top.name} with {top.text}."
    svg = bars(ident, title, description, rows)
    return Picture(ident=ident, title=title, note=note, svg=svg, places=places if len(places) > 1 else ())


def _rows(report: Report, value: Callable[[Layer], float], scale: Scale) -> list[Bar]:
    """The layers that count, in the graph's order; of many the largest, then a row for the rest."""
    some = [layer for layer in report.layers if value(layer) > 0]
    total = sum(map(value, some))
    ranked = sorted(some, key=lambda layer: (-value(layer), layer.index))
    kept = {layer.index for layer in (ranked if len(ranked) <= _ROWS else ranked[: _ROWS - 1])}
    names = layer_names(report)
    rows = [
        _row(layer, names, value(layer), scale.text(value(layer)), f"{value(layer) / total:.1%}")
        for layer in some
        if layer.index in kept
    ]
    if rest := [layer for layer in some if layer.index not in kept]:
        left = sum(map(value, rest))
        name = f"{len(rest)} smaller ones"
        rows.append(Bar(index="", op="", name=name, value=0, text=scale.text(left), share=f"{left / total:.1%}"))
    return rows


def _row(layer: Layer, names: Mapping[int, str], value: float, text: str, share: str) -> Bar:
    return Bar(
        index=str(layer.index),
        op=layer.op,
        name=names[layer.index],
        value=value,
        text=text,
        share=share,
        style=layer.placement.value,
    )


def _memory(report: Report) -> Picture | None:
    memory = report.memory
    if memory is None or not memory.rows:
        return None
    steps = max(len(report.layers), max(row.last for row in memory.rows) + 1, 1)
    names = short_names([row.tensor for row in memory.rows])
    blocks = [
        Block(
            name=name or DASH,
            text=human_bytes(row.bytes),
            first=row.first,
            last=row.last,
            offset=row.offset,
            bytes=row.bytes,
        )
        for name, row in zip(names, memory.rows, strict=True)
    ]
    arena_text, bound_text = human_bytes(memory.arena_bytes), human_bytes(memory.lower_bound_bytes)
    if memory.arena_bytes == memory.lower_bound_bytes:
        marks = [Mark(at=memory.arena_bytes, text=f"arena {arena_text}, the least possible", style="top")]
    else:
        marks = [
            Mark(at=memory.arena_bytes, text=f"arena {arena_text}", style="top"),
            Mark(at=memory.lower_bound_bytes, text=f"lower bound {bound_text}", style="bound"),
        ]
    scratch = ", or scratch of an operator's kernel" if any(row.tensor == "scratch" for row in memory.rows) else ""
    note = f"Each block is a tensor{scratch}: its width is how long it lives, its height how many bytes it takes."
    title = "Arena over time"
    svg = arena(
        "memory",
        title,
        f"{note} The arena takes {arena_text}; no plan can take less than {bound_text}.",
        blocks,
        steps=steps,
        height=_ceiling(memory),
        ticks=_ticks(_ceiling(memory)),
        marks=marks,
    )
    return Picture(ident="memory", title=title, note=note, svg=svg)


def _ceiling(memory: Memory) -> int:
    return max(memory.arena_bytes, memory.lower_bound_bytes, *(row.offset + row.bytes for row in memory.rows), 1)


def _ticks(height: int) -> list[tuple[int, str]]:
    """Five or so captions at powers of two, which is how memory is sold."""
    step = 1
    while height / step > 6:
        step *= 2
    return [(at, human_bytes(at)) for at in range(0, height + 1, step)]
