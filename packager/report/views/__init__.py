"""A report for a reader: one module a format, found by its name; it exports ``render(report)`` and `SUFFIX`."""

import importlib
import pkgutil

from packager.bundle import Entry
from packager.errors import ConfigError, did_you_mean
from packager.report.model import Report


def view_formats() -> list[str]:
    return sorted(m.name for m in pkgutil.iter_modules(__path__) if not m.name.startswith("_"))


def render_view(name: str, report: Report) -> str:
    """Write a report in the format `name`.

    Raises:
        ConfigError: there is no such format.
    """
    if name not in view_formats():
        raise ConfigError(f"no format named {name!r}", hint=did_you_mean(name, view_formats()))
    rendered: str = importlib.import_module(f"{__name__}.{name}").render(report.ordered())
    return rendered


def report_files(report: Report) -> tuple[Entry, ...]:
    """The report in every format, as it lies in a bundle."""
    entries = []
    for name in view_formats():
        suffix: str = importlib.import_module(f"{__name__}.{name}").SUFFIX
        content = render_view(name, report).encode("utf-8")
        entries.append(Entry(path=f"report.{suffix}", content=content, role="report"))
    return tuple(entries)
