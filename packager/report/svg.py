"""Pictures for the report: plain SVG without a script, the same bytes every time.

Colours come from the page's style sheet (`templates/report/report.css`), so a picture follows its light or dark theme.
"""

import dataclasses
import html
from collections.abc import Mapping, Sequence

from packager.report.text import visible

WIDTH = 760
_ROW = 22
_OP, _NAME, _BAR, _VALUE = 30, 178, 380, 650
"""Left edges of the columns of a bar chart: operator, name, bar; right edge of the value."""
_BAR_WIDTH = 190
_NAME_CHARS = 27


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Bar:
    """One row of a bar chart."""

    index: str
    op: str
    name: str
    value: float
    """Its length; 0 for a row without a bar."""
    text: str
    """The value as it is written."""
    share: str = ""
    """Of the whole, written behind the value."""
    style: str = ""
    """A class of the style sheet: a `Place`."""


def bars(ident: str, title: str, description: str, rows: Sequence[Bar]) -> str:
    """Return a horizontal bar chart, one row below the other; `ident` is unique on its page."""
    longest = max((row.value for row in rows), default=0.0) or 1.0
    body = [_bar(row, i * _ROW, longest) for i, row in enumerate(rows)]
    return picture(ident, title, description, len(rows) * _ROW + 4, body)


def _bar(row: Bar, top: int, longest: float) -> str:
    base = top + 15
    length = max(row.value, 0) / longest * _BAR_WIDTH
    tooltip = f"{row.op} {row.name}: {row.text} {row.share}".strip()
    parts = [
        element("title", {}, escaped(tooltip)),
        text(_OP - 8, base, row.index, "muted num", "end"),
        text(_OP, base, shortened(row.op, 19), "op"),
        text(_NAME, base, shortened(row.name, _NAME_CHARS), "name"),
        element("rect", {"x": _BAR, "y": top + 4, "width": length, "height": 14, "class": f"bar {row.style}"}),
        text(_VALUE, base, row.text, "num", "end"),
        text(WIDTH - 4, base, row.share, "muted num", "end"),
    ]
    return element("g", {}, *parts)


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Block:
    """One tensor in the memory picture: where it lies, and from which operator to which."""

    name: str
    text: str
    first: int
    last: int
    offset: int
    bytes: int


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Mark:
    """A horizontal line at so many bytes, with its caption."""

    at: int
    text: str
    style: str


_LEFT, _TOP, _PLOT_WIDTH, _PLOT_HEIGHT = 76, 24, 670, 260
_COLOURS = 6
"""Fill classes in the style sheet, ``fill0`` to ``fill5``."""


def arena(
    ident: str,
    title: str,
    description: str,
    blocks: Sequence[Block],
    *,
    steps: int,
    height: int,
    ticks: Sequence[tuple[int, str]],
    marks: Sequence[Mark] = (),
) -> str:
    """Return the plan of an arena: operators from left to right, byte offsets upwards.

    `steps` operators and `height` bytes span the plot; `ticks` are offsets with their captions.
    """
    step = _PLOT_WIDTH / max(steps, 1)
    scale = _PLOT_HEIGHT / max(height, 1)
    bottom = _TOP + _PLOT_HEIGHT
    body = []
    for at, caption in ticks:
        y = bottom - at * scale
        body.append(_line(_LEFT, y, _LEFT + _PLOT_WIDTH, y, "grid"))
        body.append(text(_LEFT - 8, y + 4, caption, "muted num", "end"))
    body += [_block(block, i, step, scale, bottom) for i, block in enumerate(blocks)]
    for mark in marks:
        y = bottom - mark.at * scale
        body.append(_line(_LEFT, y, _LEFT + _PLOT_WIDTH, y, mark.style))
        body.append(text(_LEFT + _PLOT_WIDTH, y - 5, mark.text, "caption", "end"))
    for i in range(0, steps, _stride(steps)):
        body.append(text(_LEFT + (i + 0.5) * step, bottom + 17, str(i), "muted num", "middle"))
    body.append(text(_LEFT + _PLOT_WIDTH / 2, bottom + 36, "operator", "muted", "middle"))
    return picture(ident, title, description, bottom + 44, body)


def _block(block: Block, number: int, step: float, scale: float, bottom: float) -> str:
    left, right = max(block.first, 0), max(block.last, block.first, 0) + 1
    x, width = _LEFT + left * step, (right - left) * step
    height = max(block.bytes * scale, 1.0)
    y = bottom - block.offset * scale - height
    style = f"block fill{number % _COLOURS}"
    parts = [
        element("title", {}, escaped(f"{block.name}: {block.text}, operators {block.first} to {block.last}")),
        element("rect", {"x": x, "y": y, "width": width, "height": height, "class": style, "rx": 2}),
    ]
    room = int((width - 10) / 7)
    if height >= 16 and room >= 6:
        middle = y + height / 2
        two = height >= 32
        parts.append(text(x + 6, middle + (-2 if two else 4), shortened(block.name, room), "name"))
        if two and len(block.text) <= room:
            parts.append(text(x + 6, middle + 13, block.text, "muted num"))
    return element("g", {}, *parts)


def _stride(steps: int) -> int:
    """How many operators from one caption to the next: 1, 2 or 5 times a power of ten, 16 captions at most."""
    unit = 1
    while True:
        for factor in (1, 2, 5):
            if steps <= 16 * factor * unit:
                return factor * unit
        unit *= 10


def picture(ident: str, title: str, description: str, height: float, body: Sequence[str]) -> str:
    """Return a whole picture of the common width around what is drawn in it."""
    attrs = {
        "xmlns": "http://www.w3.org/2000/svg",
        "viewBox": f"0 0 {WIDTH} {number(height)}",
        "role": "img",
        "aria-labelledby": f"{ident}-title {ident}-desc",
    }
    head = [
        element("title", {"id": f"{ident}-title"}, escaped(title)),
        element("desc", {"id": f"{ident}-desc"}, escaped(description)),
    ]
    return element("svg", attrs, *head, *body)


def _line(x1: float, y1: float, x2: float, y2: float, style: str) -> str:
    return element("line", {"x1": x1, "y1": y1, "x2": x2, "y2": y2, "class": style})


def text(x: float, y: float, content: str, style: str, anchor: str = "start") -> str:
    """Return one line of text with its baseline at `y`; nothing for no content."""
    if not content:
        return ""
    return element("text", {"x": x, "y": y, "class": style, "text-anchor": anchor}, escaped(content))


def element(tag: str, attrs: Mapping[str, str | float], *children: str) -> str:
    """Return an element; attributes are escaped, `children` are markup already."""
    spelled = "".join(f' {k}="{escaped(v) if isinstance(v, str) else number(v)}"' for k, v in attrs.items())
    return f"<{tag}{spelled}>{''.join(children)}</{tag}>" if children else f"<{tag}{spelled}/>"


def number(value: float) -> str:
    """A coordinate, to a tenth of a unit."""
    return f"{round(value, 1) + 0:.1f}".removesuffix(".0")  # + 0 turns -0 into 0


def escaped(content: str) -> str:
    return html.escape(visible(content, 1000))


def shortened(content: str, limit: int) -> str:
    """The end of a name that is too long: in a path of scopes the end tells layers apart."""
    plain = visible(content, 1000)
    return plain if len(plain) <= limit else "\u2026" + plain[1 - limit :]
