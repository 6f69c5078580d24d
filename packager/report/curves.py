"""Sensitivity curves as pictures: what each layer costs the model as it alone is compressed."""

import math
from collections.abc import Sequence

from packager.figure import Curve
from packager.report.model import Compression
from packager.report.svg import element, escaped, picture, shortened, text
from packager.report.text import short_names

_HEAD, _ROW, _BAR_ROW = 20, 30, 20
_NAME_CHARS = 36
_LEFT, _WIDTH, _VALUE, _END = 270, 320, 664, 756
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
        single = all(len(row.at) == 1 for row in rows)
        if single:
            note = f"Distillation loss with {what}, lengths by its root; behind it the loss and the model's {metric}."
        else:
            note = f"Distillation loss against the {what}, heights by its root; behind it the last loss and {metric}."
        draw = _bars if single else _lines
        ident = f"sensitivity-{kind}"
        found.append((ident, title, note, draw(ident, title, note, rows, f"{metric}, {unit}")))
    return found


def _bars(ident: str, title: str, note: str, rows: Sequence[Curve], score: str) -> str:
    top = max((loss for row in rows for loss in row.losses), default=0.0) or 1.0
    body = [_heads(score)]
    for i, (row, name) in enumerate(zip(rows, short_names([row.layer for row in rows]), strict=True)):
        base = _HEAD + (i + 1) * _BAR_ROW
        width = math.sqrt(max(row.losses[0], 0) / top) * _WIDTH
        bar: dict[str, str | float] = {"x": _LEFT, "y": base - 13, "width": width, "height": 12, "class": "bar"}
        told = element("title", {}, escaped(f"{row.layer}: loss {row.losses[0]:.4g}, {row.values[0]:.2f}"))
        body.append(element("g", {}, told, *_words(row, name, base - 2), element("rect", bar)))
    return picture(ident, title, note, _HEAD + len(rows) * _BAR_ROW + 4, body)


def _lines(ident: str, title: str, note: str, rows: Sequence[Curve], score: str) -> str:
    top = max((loss for row in rows for loss in row.losses), default=0.0) or 1.0
    names = short_names([row.layer for row in rows])
    body = [_heads(score)]
    body += [_row(row, name, _HEAD + i * _ROW, top) for i, (row, name) in enumerate(zip(rows, names, strict=True))]
    end = _HEAD + len(rows) * _ROW + 14
    for base in (12, end):
        body += [text(_LEFT + at * _WIDTH, base, f"{at:.0%}", "muted num", "middle") for at in (0, 0.25, 0.5, 0.75, 1)]
    return picture(ident, title, note, end + 8, body)


def _heads(score: str) -> str:
    return text(_VALUE, 12, "loss", "muted", "end") + text(_END, 12, score, "muted", "end")


def _words(row: Curve, name: str, base: float) -> tuple[str, ...]:
    return (
        text(4, base, shortened(name, _NAME_CHARS), "name"),
        text(_VALUE, base, f"{row.losses[-1]:.3g}", "num", "end"),
        text(_END, base, f"{row.values[-1]:.1f}", "muted num", "end"),
    )


def _row(row: Curve, name: str, top: float, largest: float) -> str:
    base = top + _ROW - 4
    points = [(float(_LEFT), float(base))]
    marks = []
    for at, loss, value in zip(row.at, row.losses, row.values, strict=True):
        x, y = _LEFT + at * _WIDTH, base - math.sqrt(max(loss, 0) / largest) * (_ROW - 6)
        points.append((x, y))
        told = element("title", {}, escaped(f"{row.layer}: {at:.0%}: loss {loss:.4g}, {value:.2f}"))
        marks.append(element("circle", {"cx": x, "cy": y, "r": 2.5, "class": "dot"}, told))
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return element(
        "g", {},
        element("line", {"x1": _LEFT, "y1": base, "x2": _LEFT + _WIDTH, "y2": base, "class": "grid"}),
        element("polygon", {"points": f"{line} {points[-1][0]:.1f},{base}", "class": "under"}),
        element("polyline", {"points": line, "class": "curve"}),
        *marks,
        *_words(row, name, base - 2),
    )  # fmt: skip
