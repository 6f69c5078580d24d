"""Engines: what runs an artifact on this machine. One a module, found by name.

A module exports ``run(bundle, artifact, inputs)``, and `bench` where its time means something. An engine with more than
one way to compute exports `VARIANTS`, from the variant's name to a function of the same form: ``litert-reference`` is
the variant ``reference`` of `litert`. One that chooses what to run says what by `how`.
"""

import importlib
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy.typing as npt

from packager.errors import ConfigError, did_you_mean
from packager.figure import Figure

Array = npt.NDArray[Any]


class Run(Protocol):
    def __call__(self, bundle: Path, artifact: Path, inputs: Sequence[Array]) -> tuple[Array, ...]:
        """Return what the artifact computes.

        Args:
            bundle: The bundle's folder.
            artifact: The file in it to run.
            inputs: One array per input of the artifact, in its own types, ``[count, ...]`` without the batch of 1.

        Returns:
            One array per output, ``[count, ...]``.

        Raises:
            ToolError: what the engine needs is missing on this machine, or it crashed.
            UnsupportedError: the engine refuses the artifact.
            ConfigError: the inputs do not fit.
        """


class Bench(Protocol):
    def __call__(self, bundle: Path, artifact: Path, seconds: float, threads: int) -> tuple[Figure, ...]:
        """Return what an inference takes: times measured on this machine, or cycles simulated.

        Raises:
            ToolError: what the engine needs is missing on this machine, or it crashed.
            UnsupportedError: the engine refuses the artifact.
            IntegrityError: the design locks up.
        """


How = Callable[[Path], str]


def engine_names() -> list[str]:
    return sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_"))


def find_engine(name: str) -> Run:
    """Return the engine called ``<module>`` or ``<module>-<variant>``.

    Raises:
        ConfigError: there is none; the nearest is named.
    """
    kind, _, variant = name.partition("-")
    if kind not in engine_names():
        raise ConfigError(f"no engine is called {name!r}", hint=did_you_mean(kind, engine_names()))
    module = importlib.import_module(f"{__name__}.{kind}")
    variants: Mapping[str, Run] = getattr(module, "VARIANTS", {})
    if variant and variants and variant not in variants:
        known = [f"{kind}-{word}" for word in variants]
        raise ConfigError(f"no engine is called {name!r}", hint=did_you_mean(name, known))
    run: Run = variants.get(variant, module.run)
    return run


def how_it_runs(name: str, bundle: Path) -> str:
    """Say what the engine called `name` runs of a bundle, where it has a choice; empty where it has none."""
    find_engine(name)
    how: How | None = getattr(importlib.import_module(f"{__name__}.{name.partition('-')[0]}"), "how", None)
    return how(bundle) if how else ""


def find_bench(name: str) -> Bench | None:
    """Return how the engine called `name` takes its time; None for one whose time says nothing about a device.

    Raises:
        ConfigError: there is no such engine; the nearest is named.
    """
    kind = name.partition("-")[0]
    if kind not in engine_names():
        raise ConfigError(f"no engine is called {name!r}", hint=did_you_mean(kind, engine_names()))
    bench: Bench | None = getattr(importlib.import_module(f"{__name__}.{kind}"), "bench", None)
    return bench
