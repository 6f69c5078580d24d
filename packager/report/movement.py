"""Two reports of one model: which figures moved, and which layer moved each most."""

import collections
import dataclasses
from collections.abc import Iterable, Mapping

from packager.config.figures import FigureKind, figure_kinds
from packager.figure import Figure, Layer
from packager.report.model import Memory, Report
from packager.report.text import visible


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Mover:
    """What moved a figure most: a layer, or a part that is not made of layers."""

    name: str
    """``CONV_2D 'conv_3'``, or a figure's name: ``runtime.bytes``."""
    change: float
    unit: str


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Movement:
    """One figure in both reports, or in one."""

    name: str
    unit: str
    old: Figure | None
    new: Figure | None
    mover: Mover | None = None

    @property
    def change(self) -> float | None:
        """New less old; None where either is missing."""
        return None if self.old is None or self.new is None else self.new.value - self.old.value

    @property
    def relative(self) -> float | None:
        """The change as a fraction of the old value; None where that is 0 or missing."""
        return None if self.change is None or self.old is None or not self.old.value else self.change / self.old.value

    @property
    def comparable(self) -> bool:
        """Whether both were come by in the same way, on the same thing."""
        return self.old is not None and self.new is not None and _way(self.old) == _way(self.new)


def movements(old: Report, new: Report) -> tuple[Movement, ...]:
    """Every figure of either report, in the order of a report; figures of one name are paired by basis and source."""
    found = []
    for name in _names(old, new):
        left, right = list(old.named(name)), list(new.named(name))
        for figure in right:
            partner = counterpart(figure, left)
            if partner is not None:
                left.remove(partner)
            found.append(_movement(old, new, partner, figure))
        found += [_movement(old, new, figure, None) for figure in left]
    return tuple(found)


def counterpart(figure: Figure, among: Iterable[Figure]) -> Figure | None:
    """The figure of the same name and machine that is most like `figure` in how it was come by."""
    rivals = [f for f in among if f.name == figure.name and f.unit == figure.unit]
    return max(
        (f for f in rivals if f.on == figure.on),
        key=lambda f: (f.basis == figure.basis, f.source == figure.source),
        default=None,
    )


def mover_of(name: str, change: float, old: Report, new: Report) -> Mover | None:
    """What moved figure `name` most in the direction of `change`; None where nothing that is known did."""
    kind = figure_kinds().get(name)
    if kind is None or not change:
        return None
    if kind.layer == "live":
        return _peak(old.memory, new.memory, new.layers, change)
    movers = [*_layer_changes(kind, old, new), *_part_changes(kind, old, new)]
    return max((m for m in movers if m.change * change > 0), key=lambda m: (abs(m.change), m.name), default=None)


def _movement(old: Report, new: Report, left: Figure | None, right: Figure | None) -> Movement:
    some = right or left
    assert some is not None
    change = right.value - left.value if left and right else 0.0
    return Movement(name=some.name, unit=some.unit, old=left, new=right, mover=mover_of(some.name, change, old, new))


def _names(old: Report, new: Report) -> list[str]:
    present = {f.name for f in (*old.figures, *new.figures)}
    known = [name for name in figure_kinds() if name in present]
    return known + sorted(present.difference(known))


def _way(figure: Figure) -> tuple[str, str]:
    return figure.basis.value, figure.source


def _layer_changes(kind: FigureKind, old: Report, new: Report) -> list[Mover]:
    if not kind.layer:
        return []
    before, after = _by_layer(old.layers, kind.layer), _by_layer(new.layers, kind.layer)
    names = dict.fromkeys((*before, *after))
    if kind.layer == "sqnr_db":  # a ratio does not add up: a layer that came or went has no change of its own
        names = {name: None for name in names if name in before and name in after}
    unit = {"bytes": "B", "macs": "MAC", "latency_ms": "ms", "sqnr_db": "dB"}[kind.layer]
    return [Mover(name=_label(n), change=after.get(n, 0) - before.get(n, 0), unit=unit) for n in names]


_Key = tuple[str, str, int]


def _by_layer(layers: tuple[Layer, ...], field: str) -> Mapping[_Key, float]:
    """Value by operator, name, and which of those that share both."""
    seen: collections.Counter[tuple[str, str]] = collections.Counter()
    values = {}
    for layer in layers:
        pair = layer.op, layer.name
        seen[pair] += 1
        value = getattr(layer, field)
        if value is not None:
            values[(*pair, seen[pair])] = float(value)
    return values


def _label(key: _Key) -> str:
    op, name, number = key
    return _shown(op, name) + (f" ({number})" if number > 1 else "")


def _shown(op: str, name: str) -> str:
    return f"{visible(op, 40)} '{visible(name, 60)}'"


def _part_changes(kind: FigureKind, old: Report, new: Report) -> list[Mover]:
    # A part with layers of its own is counted by them already.
    parts = [part for part in kind.parts if figure_kinds()[part].layer != kind.layer]
    pairs = [(part, figure, counterpart(figure, old.figures)) for part in parts for figure in new.named(part)]
    return [Mover(name=part, change=f.value - was.value, unit=f.unit) for part, f, was in pairs if was is not None]


def _peak(old: Memory | None, new: Memory | None, layers: tuple[Layer, ...], change: float) -> Mover | None:
    """The operator at which the most memory is live now."""
    before, after = _live(old), _live(new)
    if not before or not after:
        return None
    step = max(after, key=lambda i: (after[i], -i))
    difference = after[step] - max(before.values())
    layer = next((row for row in layers if row.index == step), None)
    if layer is None or difference * change <= 0:
        return None
    return Mover(name=_shown(layer.op, layer.name), change=difference, unit="B")


def _live(memory: Memory | None) -> Mapping[int, int]:
    """Bytes alive by operator, at the operators where that rises."""
    rows = memory.rows if memory else ()
    starts = {max(row.first, 0) for row in rows}
    return {i: sum(r.bytes for r in rows if max(r.first, 0) <= i <= r.last) for i in sorted(starts)}
