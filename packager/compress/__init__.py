"""Making a model smaller or faster before it is quantized: one module a step, found by its name."""

import dataclasses
import importlib
import itertools
import pkgutil
from collections.abc import Sequence
from typing import Any

from packager.compress._contract import Compressed, Context, Count, Kept, Score, Step
from packager.config._table import from_table
from packager.config.compression import StepTable
from packager.errors import ConfigError, did_you_mean

__all__ = [
    "Compressed",
    "Context",
    "Count",
    "Kept",
    "Planned",
    "Score",
    "Step",
    "check_order",
    "find_step",
    "plan_step",
    "step_names",
]


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Planned:
    """A step with its parameters, checked as far as they can be without the model."""

    name: str
    step: Step[Any]
    parameters: Any
    table: StepTable


def step_names() -> list[str]:
    """The names of all steps, sorted."""
    return sorted(m.name for m in pkgutil.iter_modules(__path__) if not m.name.startswith("_"))


def find_step(name: str) -> Step[Any]:
    """Look a step up.

    Raises:
        ConfigError: there is none of that name; with the nearest.
    """
    if name not in step_names():
        raise ConfigError(f"no compression step {name!r}", hint=did_you_mean(name, step_names()))
    step: Step[Any] = importlib.import_module(f"{__name__}.{name}").STEP
    return step


def plan_step(table: StepTable) -> Planned:
    """Read a step's parameters.

    Raises:
        ConfigError: no such step, an unknown or missing key, a wrong type or value; with the place in the file.
    """
    try:
        step = find_step(table.step)
    except ConfigError as error:
        raise ConfigError(f"{table.where}: {error}", hint=error.hint) from None
    parameters = from_table(step.parameters, table.options, source=table.where)
    for message, hint in step.problems(parameters):
        raise ConfigError(f"{table.where}: {message}" if table.source else message, hint=hint)
    return Planned(name=table.step, step=step, parameters=parameters, table=table)


def check_order(steps: Sequence[Planned]) -> None:
    """Refuse a list in which a later step undoes what an earlier one did.

    Raises:
        ConfigError: the first such pair, with its place.
    """
    for earlier, later in itertools.combinations(steps, 2):
        if earlier.step.settles in later.step.undoes:
            raise ConfigError(
                f"{later.table.where}: {later.name} undoes {earlier.step.settles} that {earlier.name},"
                f" {earlier.table.key}, made",
                hint=f"put {earlier.name} behind {later.name}, or leave one of them out",
            )
