"""Sensitivity curves as pictures: what each layer costs the model as it alone is compressed."""

import math
from collections.abc import Sequence

from packager.figure import Curve
from packager.report.model import Compression
from packager.report.svg import Bar, bars, element, escaped, picture, shortened, text
from packager.report.text import short_names

_ROW = 26
_NAME_CHARS = 36
_LEFT, _WIDTH, _VALUE, _END = 270, 330, 690, 756
_KINDS = {
    "channels": ("Sensitivity to removed channels", "share of the layer's channels removed"),
    "weights": ("Sensitivity to zeroed weights", "share of the layer's weights zeroed"),
    "int8": ("Sensitivity to int8", "the layer alone in int8"),
}


def curve_pictures(compression: Compression) -> list[tuple[str, str, str, str]]:
    """Return ident, title, note and SVG for each kind of curve that was measured."""
    curves = [(curve, step.metric, step.unit) for step in compression.steps for curve in step.curves]
    found = []
    for kind, (title, what) in _KINDS.items():
        some = [(c, m, u) for c, m, u in curves if c.what == kind]
        if not some:
            continue
        rows = [c for c, _, _ in some]
        _, metric, unit = some[0]
        note = (
            f"Distillation loss (heights by its root) against the {what}; behind it the last loss and {metric}, {unit}."
        )
        ident = f"sensitivity-{kind}"
        if all(len(row.at) == 1 for row in rows):
            found.append((ident, title, note, _single(ident, title, note, rows)))
        else:
            found.append((ident, title, note, _lines(ident, title, note, rows)))
    return found


def _single(ident: str, title: str, note: str, rows: Sequence[Curve]) -> str:
    names = short_names([row.layer for row in rows])
    shown = [
        Bar(index=str(i), op="", name=name, value=math.sqrt(max(row.losses[0], 0)), text=f"{row.losses[0]:.3g}",
            share=f"{row.values[0]:.1f}")
        for i, (row, name) in enumerate(zip(rows, names, strict=True))
    ]  # fmt: skip
    return bars(ident, title, note, shown)


def _lines(ident: str, title: str, note: str, rows: Sequence[Curve]) -> str:
    top = max((loss for row in rows for loss in row.losses), default=0.0) or 1.0
    names = short_names([row.layer for row in rows])
    body = [_row(row, name, i * _ROW, top) for i, (row, name) in enumerate(zip(rows, names, strict=True))]
    base = len(rows) * _ROW + 16
    body += [text(_LEFT + at * _WIDTH, base, f"{at:.0%}", "muted num", "middle") for at in (0, 0.25, 0.5, 0.75, 1)]
    return picture(ident, title, note, base + 8, body)


def _row(row: Curve, name: str, top: float, largest: float) -> str:
    base = top + _ROW - 4
    points = [(float(_LEFT), float(base))]
    marks = []
    for at, loss, value in zip(row.at, row.losses, row.values, strict=True):
        x, y = _LEFT + at * _WIDTH, base - math.sqrt(max(loss, 0) / largest) * (_ROW - 8)
        points.append((x, y))
        told = element("title", {}, escaped(f"{row.layer}: {at:.0%}: loss {loss:.4g}, {value:.2f}"))
        marks.append(element("circle", {"cx": x, "cy": y, "r": 2.5, "class": "dot"}, told))
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return element(
        "g", {},
        text(4, base - 2, shortened(name, _NAME_CHARS), "name"),
        element("line", {"x1": _LEFT, "y1": base, "x2": _LEFT + _WIDTH, "y2": base, "class": "grid"}),
        element("polyline", {"points": line, "class": "curve"}),
        *marks,
        text(_VALUE, base - 2, f"{row.losses[-1]:.3g}", "num", "end"),
        text(_END, base - 2, f"{row.values[-1]:.1f}", "muted num", "end"),
    )  # fmt: skip
