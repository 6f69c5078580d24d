"""A budget: what a bundle may cost, figure by figure, for every target or for one. Format: `docs/budgets.md`."""

import dataclasses
import math
import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from packager.config._table import from_table, parse_toml
from packager.config.figures import figure_kinds
from packager.errors import ConfigError, did_you_mean
from packager.figure import Basis

_SCALES: Mapping[str, Mapping[str, float]] = {
    "B": {"B": 1, "kB": 1e3, "MB": 1e6, "GB": 1e9, "KiB": 1024, "MiB": 1024**2, "GiB": 1024**3},
    "ms": {"us": 1e-3, "\u00b5s": 1e-3, "ms": 1, "s": 1e3},
    "s": {"ms": 1e-3, "s": 1, "min": 60},
    "mJ": {"uJ": 1e-3, "mJ": 1, "J": 1e3},
    "MAC": {"MAC": 1, "kMAC": 1e3, "MMAC": 1e6, "GMAC": 1e9},
}
"""Unit of a figure to the words a limit may use for it. ``KB`` is not among them: it means two things."""

_QUANTITY = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(\S*)\s*")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """How far a figure may move from its baseline, always positive."""

    amount: float
    """In the figure's unit, or a fraction of the baseline where `relative`."""
    relative: bool

    def allowed(self, baseline: float) -> float:
        """The same in the figure's unit."""
        return abs(baseline) * self.amount if self.relative else self.amount


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Limit:
    """What one figure has to keep to, all in the figure's own unit."""

    figure: str
    max: float | None = None
    min: float | None = None
    warn: float | None = None
    """Where a warning starts: under `max`, or above `min`."""
    max_increase: Change | None = None
    max_decrease: Change | None = None
    basis: Basis | None = None
    """Hold the limit only against figures come by this way."""
    on: str = ""
    """Hold it against figures measured on this machine, ``host``, instead of those of the target."""
    optional: bool = False
    """Whether the figure, or its baseline, may be missing."""

    @property
    def unit(self) -> str:
        return figure_kinds()[self.figure].unit


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Budget:
    source: str
    """The file, for messages."""
    default: Mapping[str, Limit]
    """By figure."""
    targets: Mapping[str, Mapping[str, Limit]]
    """By target or family, then by figure."""

    def limits(self, target: str, family: str = "") -> tuple[Limit, ...]:
        """The limits for one target: its own over its family's over the default, in the order of a report."""
        merged = {**self.default, **self.targets.get(family, {}), **self.targets.get(target, {})}
        return tuple(merged[name] for name in figure_kinds() if name in merged)


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class _Row:
    """One limit as the file spells it; numbers or text with a unit."""

    max: Any = None
    min: Any = None
    warn: Any = None
    max_increase: Any = None
    max_decrease: Any = None
    basis: str = ""
    on: str = ""
    optional: bool = False


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class _File:
    default: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    targets: Mapping[str, Mapping[str, Any]] = dataclasses.field(default_factory=dict)


def load_budget(path: Path) -> Budget:
    """Read a budget.

    Raises:
        ConfigError: the file can't be read, or is wrong as `parse_budget` says.
    """
    try:
        text = path.read_text("utf-8")
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: not UTF-8 text", hint="a budget is a TOML file") from None
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}", hint="check the path") from None
    return parse_budget(text, source=str(path))


def parse_budget(text: str, *, source: str) -> Budget:
    """Parse a budget's TOML.

    Raises:
        ConfigError: no TOML, no limit at all, an unknown figure (with the nearest name), a unit that does not fit the
            figure, or limits that contradict each other.
    """
    file = from_table(_File, parse_toml(text, source=source), source=source)
    default = _limits(file.default, source, "default")
    targets = {name: _limits(rows, source, f"targets.{name}") for name, rows in file.targets.items()}
    if not default and not any(targets.values()):
        raise ConfigError(
            f"{source}: holds no limit", hint='write [default] and below it "deploy.bytes" = {max = "1 MiB"}'
        )
    return Budget(source=source, default=MappingProxyType(default), targets=MappingProxyType(targets))


def _limits(rows: Mapping[str, Any], source: str, section: str) -> dict[str, Limit]:
    limits = {}
    for figure, row in rows.items():
        key = f"{section}.{figure!r}"
        if figure not in figure_kinds():
            hint = did_you_mean(figure, figure_kinds())
            if isinstance(row, Mapping) and not row.keys() & {f.name for f in dataclasses.fields(_Row)}:
                hint = f'write the name in quotes: "{figure}.…" = {{...}}'
            raise ConfigError(f"{source}: {key}: no figure of that name", hint=hint)
        if not isinstance(row, Mapping):
            raise ConfigError(f"{source}: {key} must be a table", hint=f'write "{figure}" = {{max = {row!r}}}')
        limits[figure] = _limit(figure, from_table(_Row, row, source=source, prefix=f"{key}."), source, key)
    return limits


def _limit(figure: str, row: _Row, source: str, key: str) -> Limit:
    unit = figure_kinds()[figure].unit
    if row.basis not in ("", *Basis):
        known = [basis.value for basis in Basis]
        raise ConfigError(f"{source}: {key}: no basis named {row.basis!r}", hint=did_you_mean(row.basis, known))

    def quantity(name: str) -> float | None:
        value = getattr(row, name)
        return None if value is None else parse_quantity(value, unit, where=f"{source}: {key}.{name}")

    def change(name: str) -> Change | None:
        value = getattr(row, name)
        return None if value is None else _change(value, unit, where=f"{source}: {key}.{name}")

    limit = Limit(
        figure=figure,
        max=quantity("max"),
        min=quantity("min"),
        warn=quantity("warn"),
        max_increase=change("max_increase"),
        max_decrease=change("max_decrease"),
        basis=Basis(row.basis) if row.basis else None,
        on=row.on,
        optional=row.optional,
    )
    if problem := _contradiction(limit):
        raise ConfigError(f"{source}: {key}: {problem[0]}", hint=problem[1])
    return limit


def _contradiction(limit: Limit) -> tuple[str, str] | None:
    high, low, warn = limit.max, limit.min, limit.warn
    if high is None and low is None and limit.max_increase is None and limit.max_decrease is None:
        return "sets no limit", "give max, min, max_increase or max_decrease"
    if high is not None and low is not None and low > high:
        return f"min {low:g} is over max {high:g}", "exchange them"
    if warn is not None and (high is None) == (low is None):
        return "warn needs either max or min", "give exactly one of the two beside it"
    if warn is not None and high is not None and warn > high:
        return f"warn {warn:g} is over max {high:g}", "a warning comes before the wall"
    if warn is not None and low is not None and warn < low:
        return f"warn {warn:g} is under min {low:g}", "a warning comes before the wall"
    return None


def parse_quantity(value: Any, unit: str, *, where: str) -> float:
    """Return a number in `unit`: ``"200 KiB"`` for ``B`` is 204800. A bare number is in `unit` already.

    Raises:
        ConfigError: not a finite number, or a word that is no unit of this kind.
    """
    text = value if isinstance(value, str) else repr(value)
    match = None if isinstance(value, bool) else _QUANTITY.fullmatch(text)
    known = _SCALES.get(unit, {unit: 1.0})
    example = {"B": "200 KiB", "ms": "5 ms", "s": "30 s"}.get(unit, f"10 {unit}" if unit != "1" else "0.5")
    if match is None:
        raise ConfigError(f"{where}: {value!r} is not a quantity", hint=f'write a number or "{example}"')
    number, word = match.groups()
    if word and word not in known:
        hint = "KiB is 1024 bytes, kB is 1000" if word == "KB" and unit == "B" else f"units: {', '.join(known)}"
        raise ConfigError(f"{where}: {word!r} is no unit of this figure", hint=hint)
    if not math.isfinite(quantity := float(number) * known[word or unit]):
        raise ConfigError(f"{where}: {value!r} is too large", hint=f'write a number or "{example}"')
    return quantity


def _change(value: Any, unit: str, *, where: str) -> Change:
    relative = isinstance(value, str) and value.rstrip().endswith("%") and unit != "%"
    amount = parse_quantity(value, "%" if relative else unit, where=where)
    if amount < 0:
        raise ConfigError(f"{where}: {value!r} is negative", hint="a change is given without a sign")
    return Change(amount=amount / 100 if relative else amount, relative=relative)
