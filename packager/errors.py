"""Everything EdgePack tells a user has gone wrong. One class, one exit code; `main` catches them once.

::

    EdgePackError            1  unexpected
    ├── ConfigError          2  usage, configuration, input data
    ├── BudgetExceededError  3  a figure is over its budget
    ├── IntegrityError       4  a digest, signature or golden vector does not match
    ├── RegistryError        5  registry or network
    ├── UnsupportedError     6  the model, or an operator of it, can't be taken
    └── ToolError            7  an outside tool failed or is missing
"""

import dataclasses
import difflib
import enum
from collections.abc import Iterable, Sequence


class Severity(enum.StrEnum):
    NOTE = "note"
    WARNING = "warning"
    ERROR = "error"


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Diagnostic:
    """One finding about a model, collected until all are known: what, where, and what to do."""

    severity: Severity
    message: str
    where: str = ""
    """File, key, or operator: ``CONV_2D #3 'conv_1'``."""
    hint: str = ""

    def __str__(self) -> str:
        where = f"{self.where}: " if self.where else ""
        return f"{where}{self.message}" + (f" ({self.hint})" if self.hint else "")


class EdgePackError(Exception):
    """A failure the user can act on; the command line prints it without a traceback."""

    exit_code = 1

    def __init__(self, message: str, *, hint: str = "", details: str = "") -> None:
        super().__init__(message)
        self.hint = hint
        """What to do about it, in one line."""
        self.details = details
        """Captured output of a child process or an outside tool, printed after the message."""


class ConfigError(EdgePackError):
    exit_code = 2


class BudgetExceededError(EdgePackError):
    exit_code = 3


class IntegrityError(EdgePackError):
    exit_code = 4


class RegistryError(EdgePackError):
    exit_code = 5


class UnsupportedError(EdgePackError):
    exit_code = 6

    @classmethod
    def from_diagnostics(cls, subject: str, found: Sequence[Diagnostic]) -> "UnsupportedError":
        """Every error among `found` in one exception; `subject` is the file or target that was refused."""
        errors = [d for d in found if d.severity is Severity.ERROR]
        if len(errors) == 1:
            return cls(
                f"{subject}: {errors[0].where + ': ' if errors[0].where else ''}{errors[0].message}",
                hint=errors[0].hint,
            )
        lines = "\n".join(f"  - {d}" for d in errors)
        return cls(f"{subject}: {len(errors)} problems\n{lines}")


class ToolError(EdgePackError):
    exit_code = 7


def did_you_mean(wanted: str, known: Iterable[str]) -> str:
    """Return a hint naming the nearest known word, or every one when none is near."""
    choices = sorted(known)
    near = difflib.get_close_matches(wanted, choices, 1, 0.6)
    return f"did you mean {near[0]!r}?" if near else f"known: {', '.join(choices)}"
