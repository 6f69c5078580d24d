"""Which compression steps a build runs, in order, with their options: a number, a TOML file, or a recipe's list."""

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from packager.config._table import parse_toml
from packager.errors import ConfigError

_LIST = "steps"
CHANNELS = "channels"
"""The step that a bare share asks for."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class StepTable:
    """One step as it was written down; its own module says what the options mean."""

    step: str
    options: Mapping[str, Any]
    source: str
    """The file that it stands in, for messages; empty for the command line."""
    key: str = ""
    """Where it stands in the file: ``steps[0]``; empty where it is the whole file."""

    @property
    def where(self) -> str:
        return ": ".join(part for part in (self.source, self.key) if part) or "--prune"

    @property
    def folder(self) -> Path:
        """What paths among the options are relative to."""
        return Path(self.source).parent if self.source else Path()


def load_steps(text: str) -> tuple[StepTable, ...]:
    """Read what follows ``--prune``: ``0.3``, or the path of a TOML file.

    The file holds the options of `CHANNELS` alone, or a list ``[[steps]]``, each table with the name of its ``step``
    and that step's options.

    Raises:
        ConfigError: neither, or a file that can't be read.
    """
    if not text.endswith(".toml"):
        try:
            share = float(text)
        except ValueError:
            raise ConfigError(f"--prune {text!r}: no number", hint="write 0.3 for 30 %, or name a .toml file") from None
        return (StepTable(step=CHANNELS, options={"share": share}, source=""),)
    table = parse_toml(_read(Path(text)), source=text)
    if _LIST not in table:
        return (StepTable(step=CHANNELS, options=table, source=text),)
    if beside := sorted(table.keys() - {_LIST}):
        raise ConfigError(
            f"{text}: {beside[0]!r} stands beside [[{_LIST}]]", hint="options belong into the table of their step"
        )
    return steps_from(table[_LIST], source=text)


def steps_from(tables: Any, *, source: str) -> tuple[StepTable, ...]:
    """Check a list of tables, as TOML gives it.

    Raises:
        ConfigError: no list, an empty one, or a table without the name of its step.
    """
    if not isinstance(tables, Sequence) or isinstance(tables, str) or not tables:
        raise ConfigError(f"{source}: {_LIST!r} must be a list of tables", hint=f"write [[{_LIST}]], then step = ...")
    found = []
    for number, table in enumerate(tables):
        key = f"{_LIST}[{number}]"
        if not isinstance(table, Mapping) or not isinstance(table.get("step"), str):
            raise ConfigError(f"{source}: {key} names no step", hint='write step = "channels"')
        options = {name: value for name, value in table.items() if name != "step"}
        found.append(StepTable(step=table["step"], options=options, source=source, key=key))
    return tuple(found)


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}", hint="check the path") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: not UTF-8", hint="the file must be TOML") from None
