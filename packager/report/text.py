"""Values as people read them, and names that can do no harm where they are shown."""

import math
import re
from collections.abc import Sequence

from packager.figure import Basis, Figure
from packager.util.text import human_bytes, human_count

_MAX_NAME = 200
DASH = "\u2013"
"""Where there is no value."""


def show(value: float, unit: str) -> str:
    """A value with its unit: ``(53936, "B")`` is ``52.7 KiB``, ``(0.0852, "ms")`` is ``85.2`` microseconds."""
    if unit == "B":
        return human_bytes(value)
    if unit == "MAC":
        text = human_count(value)
        return f"{text}MAC" if " " in text else f"{text} MAC"
    if unit == "ms":
        return _milliseconds(value)
    number = _number(value)
    return number if unit == "1" else f"{number} {visible(unit)}"


def show_change(value: float, unit: str) -> str:
    """A difference, always with its sign: ``+12.4 KiB``."""
    return f"{'-' if value < 0 else '+'}{show(abs(value), unit)}"


def show_figure(figure: Figure) -> str:
    """A figure's value; with ``~`` before it where it is an estimate."""
    return f"{'~' if figure.basis is Basis.ESTIMATED else ''}{show(figure.value, figure.unit)}"


def show_band(figure: Figure) -> str:
    """``1.41 to 2.95 ms``, or nothing where there is no band."""
    if figure.low is None and figure.high is None:
        return ""
    low, high = show(figure.least, figure.unit), show(figure.worst, figure.unit)
    number, _, unit = low.partition(" ")
    return f"{number if high.endswith(f' {unit}') else low} to {high}"


def exact(value: float) -> str:
    """All digits in groups of three: ``53,936``."""
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.6g}"


def visible(text: str, limit: int = _MAX_NAME) -> str:
    """The text with control, direction and undecodable characters spelled out, the middle of a long one cut."""
    plain = "".join(c if c.isprintable() else _spelled(c) for c in text)
    if len(plain) <= limit:
        return plain
    half = (limit - 1) // 2
    return f"{plain[:half]}\u2026{plain[-half:]}"


def brief(text: str) -> str:
    """A message with each quoted name that a converter joined by ``;`` cut to its first part."""
    return re.sub(r"(?<=\s)'([^'; ]+);[^' ]*'", r"'\1'", text)


def short_names(names: Sequence[str]) -> list[str]:
    """Names fit for a chart: converters join them by ``;`` and put the model's scope in front of each."""
    first = [name.split(";")[0] for name in names]
    scopes = {name.partition("/")[0] for name in first if "/" in name}
    scope = scopes.pop() + "/" if len(scopes) == 1 else ""
    return [name.removeprefix(scope) or name for name in first]


def _spelled(character: str) -> str:
    code = ord(character)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def _milliseconds(value: float) -> str:
    if abs(value) >= 1000:
        return f"{_three_digits(value / 1000)} s"
    if 0 < abs(value) < 1:
        return f"{_three_digits(value * 1000)} \u00b5s"
    return f"{_three_digits(value)} ms"


def _three_digits(value: float) -> str:
    """Three significant digits, never an exponent."""
    if value == 0:
        return "0"
    decimals = 2 - math.floor(math.log10(abs(value)))
    return f"{value:,.{min(max(decimals, 0), 9)}f}"


def _number(value: float) -> str:
    """Four significant digits, more before the point where there are; an exponent only for what is next to nothing."""
    if float(value).is_integer() or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.4g}" if abs(value) >= 1e-4 else f"{value:.2g}"
