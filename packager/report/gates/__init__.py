"""Verdicts for a reader: one module a format, found by its name. Each exports ``render(checked, budget) -> str``."""

import dataclasses
import importlib
import pkgutil
from collections.abc import Sequence

from packager.errors import ConfigError, did_you_mean
from packager.report.check import Status, Verdict


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Checked:
    """One bundle after the gate."""

    bundle: str
    """As the user named it."""
    target: str
    verdicts: tuple[Verdict, ...]

    @property
    def failed(self) -> tuple[Verdict, ...]:
        return tuple(v for v in self.verdicts if v.status is Status.FAIL)


def gate_formats() -> list[str]:
    return sorted(m.name for m in pkgutil.iter_modules(__path__) if not m.name.startswith("_"))


def render_gate(name: str, checked: Sequence[Checked], budget: str) -> str:
    """Write verdicts in the format `name`; `budget` is the path of the budget's file.

    Raises:
        ConfigError: there is no such format.
    """
    if name not in gate_formats():
        raise ConfigError(f"no format named {name!r}", hint=did_you_mean(name, gate_formats()))
    rendered: str = importlib.import_module(f"{__name__}.{name}").render(checked, budget)
    return rendered
