"""Things found by the name of their file: nothing has to be registered."""

import functools
import importlib
import importlib.util
import pkgutil
from typing import Any


@functools.cache
def find_export(package: str, name: str, export: str) -> Any | None:
    """Return ``export`` of the module ``package.<name in lower case>``, None where there is no such module.

    A name with an underscore in front is a module of the package's own, never a thing to be found.
    """
    module = f"{package}.{name.lower()}"
    if not name.isidentifier() or name.startswith("_") or importlib.util.find_spec(module) is None:
        return None
    return getattr(importlib.import_module(module), export)


def export_names(package: str) -> list[str]:
    """Return the names that `find_export` knows, in capitals, as operators are written; sorted."""
    folder = importlib.import_module(package).__path__
    return sorted(m.name.upper() for m in pkgutil.iter_modules(folder) if not m.name.startswith("_"))
