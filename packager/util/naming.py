"""Identifiers for generated code and file names."""

import re
from collections.abc import Iterable

_NOT_IDENT = re.compile(r"[^A-Za-z0-9_]+")
_NOT_SLUG = re.compile(r"[^A-Za-z0-9._-]+")
_SLUG_LENGTH = 60
_DEVICES = {"con", "prn", "aux", "nul", *(f"com{i}" for i in range(10)), *(f"lpt{i}" for i in range(10))}
"""Names that Windows keeps for devices, with any ending."""


def is_device(name: str) -> bool:
    """Whether Windows takes a file name for a device: ``aux``, ``CON.txt``."""
    return name.split(".", maxsplit=1)[0].lower() in _DEVICES


def c_ident(text: str) -> str:
    """Return a valid C identifier that resembles `text`: ``"a/b:0"`` becomes ``"a_b_0"``."""
    ident = _NOT_IDENT.sub("_", text).strip("_") or "x"
    return f"x{ident}" if ident[0].isdigit() else ident


def unique(names: Iterable[str]) -> list[str]:
    """Return the names with a number added to each repeat, stable in order."""
    taken: set[str] = set()
    result = []
    for name in names:
        candidate, n = name, 1
        while candidate in taken:
            n += 1
            candidate = f"{name}_{n}"
        taken.add(candidate)
        result.append(candidate)
    return result


def slug(text: str) -> str:
    """Return a name that is safe as one path component on every system, `_SLUG_LENGTH` characters at most."""
    name = _NOT_SLUG.sub("-", text).strip("-.")[:_SLUG_LENGTH].rstrip("-.") or "model"
    return f"model-{name}" if is_device(name) else name
