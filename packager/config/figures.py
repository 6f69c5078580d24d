"""The words of a report: every figure's name with its meaning, read from `templates/report/figures.toml`."""

import dataclasses
import functools
from collections.abc import Mapping
from types import MappingProxyType

from packager.config._table import from_table, parse_toml
from packager.data import data_dir


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class FigureKind:
    """What every figure of one name has in common."""

    title: str
    unit: str
    better: str = "less"
    """``less`` or ``more``."""
    headline: bool = False
    data: bool = False
    """Whether it means nothing where the inputs were random."""
    layer: str = ""
    """The field of `Layer` that adds up to it; ``live`` where it is a peak of the memory plan; empty for neither."""
    parts: tuple[str, ...] = ()
    """Figures whose sum it is."""


@functools.cache
def figure_groups() -> Mapping[str, Mapping[str, FigureKind]]:
    """Group title to figure name to kind, in the order of a report."""
    source = "figures.toml"
    table = parse_toml((data_dir("templates") / "report" / source).read_text("utf-8"), source=source)
    return MappingProxyType(
        {
            group: MappingProxyType(
                {name: from_table(FigureKind, row, source=source, prefix=f"{name}.") for name, row in rows.items()}
            )
            for group, rows in table.items()
        }
    )


@functools.cache
def figure_kinds() -> Mapping[str, FigureKind]:
    """Figure name to kind, in the order of a report."""
    return MappingProxyType({name: kind for rows in figure_groups().values() for name, kind in rows.items()})
