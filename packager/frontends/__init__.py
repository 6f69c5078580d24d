"""Front ends: one module a format, found by asking each whether it accepts the file."""

import importlib
import pkgutil
from pathlib import Path

from packager.errors import ConfigError
from packager.frontends._contract import Frontend, ReadOptions, Source

__all__ = ["Frontend", "ReadOptions", "Source", "find_frontend", "read_model"]


def _names() -> list[str]:
    return sorted(m.name for m in pkgutil.iter_modules(__path__) if not m.name.startswith("_"))


def find_frontend(path: Path) -> Frontend | None:
    """Return the front end that accepts a file or folder, None where none does."""
    for name in _names():
        frontend: Frontend = importlib.import_module(f"{__name__}.{name}").FRONTEND
        if frontend.accepts(path):
            return frontend
    return None


def read_model(path: Path, options: ReadOptions | None = None) -> Source:
    """Read a trained model in whatever format it is.

    Raises:
        ConfigError: no such file, or a format that no front end reads.
        UnsupportedError: the file is damaged, or holds what can't be taken.
    """
    if not path.exists():
        raise ConfigError(f"{path}: no such file", hint="check the path")
    frontend = find_frontend(path)
    if frontend is None:
        raise ConfigError(f"{path}: no front end reads this", hint=f"front ends: {', '.join(_names())}")
    return frontend.read(path, options or ReadOptions())
