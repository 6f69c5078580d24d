"""Registries: pushing bundles to and pulling them from where firmware teams fetch them.

A reference names a registry by its kind and place, ``dir:/srv/edgepack``, and for a pull the bundle in it behind one
more slash, ``dir:/srv/edgepack/digits`` or ``dir:/srv/edgepack/digits:0.1.0``. The kind is a module of this folder.
"""

import dataclasses
import importlib
import pkgutil
from pathlib import Path
from typing import Protocol

from packager.bundle.entry import component_problem
from packager.errors import ConfigError, did_you_mean
from packager.registry._version import newest

__all__ = ["Pushed", "Reference", "Registry", "newest", "open_registry", "parse_reference"]

_GRAMMAR = "write KIND:PLACE to push and KIND:PLACE/NAME[:VERSION] to pull, as in dir:/srv/edgepack/digits:0.1.0"


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Pushed:
    """What a push did."""

    name: str
    version: str
    target: str
    digest: str
    """SHA-256 of the manifest: it pins every file of the bundle."""
    files: int
    """Files whose content was copied; the others lay there already."""
    changed: bool
    """False where the registry held this very bundle."""


class Registry(Protocol):
    """A module `packager.registry.<kind>` exports one as `Registry`, made from the place in the reference."""

    def __init__(self, place: str) -> None: ...

    def push(self, bundle: Path, *, force: bool = False) -> Pushed:
        """Store a bundle under its name, version and target.

        Raises:
            IntegrityError: a file of the bundle differs from its manifest; nothing is stored.
            RegistryError: another bundle has that name, version and target, and `force` is False.
        """

    def pull(self, name: str, version: str, target: str, into: Path) -> Path:
        """Fetch a bundle to ``into/<name>-<version>-<target>`` and return that folder.

        An empty version means the newest; an empty target the only one there is.

        Raises:
            IntegrityError: what the registry holds differs from its digest; nothing is left in `into`.
            RegistryError: no such name, version or target; the nearest is named.
        """


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Reference:
    """A bundle in a registry."""

    registry: str
    name: str
    version: str
    """Empty for the newest."""


def parse_reference(text: str) -> Reference:
    """Read ``KIND:PLACE/NAME[:VERSION]``.

    Raises:
        ConfigError: it does not have that form.
    """
    registry, slash, last = text.rpartition("/")
    name, colon, version = last.partition(":")
    words = (name, version) if colon else (name,)
    if not slash or ":" not in registry or any(component_problem(word) for word in words):
        raise ConfigError(f"{text!r} names no bundle in a registry", hint=_GRAMMAR)
    return Reference(registry=registry, name=name, version=version)


def open_registry(text: str) -> Registry:
    """Return the registry that ``KIND:PLACE`` names.

    Raises:
        ConfigError: it does not have that form, or there is no such kind.
    """
    kind, colon, place = text.partition(":")
    if not colon or not place:
        raise ConfigError(f"{text!r} names no registry", hint=_GRAMMAR)
    kinds = [module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_")]
    if kind not in kinds:
        raise ConfigError(f"no kind of registry is called {kind!r}", hint=f"{did_you_mean(kind, kinds)}; {_GRAMMAR}")
    registry: Registry = importlib.import_module(f"{__name__}.{kind}").Registry(place)
    return registry
