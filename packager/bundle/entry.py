"""One file of a bundle, and the paths that are safe on every system that a bundle may be unpacked on."""

import collections
import dataclasses
import re
from collections.abc import Iterable, Sequence

from packager.util.naming import is_device

_COMPONENT = re.compile(r"[A-Za-z0-9_+][A-Za-z0-9._+-]{0,99}\Z")
_FOLDERS = 54
"""Longest folder part: with the bundle's own folder in front it fits the 155 characters that USTAR has for it."""
STEM = 100
"""Longest ``<name>-<version>-<target>``, for the same reason."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One file of a bundle, held in memory until the bundle is written."""

    path: str
    """Relative, with forward slashes."""
    content: bytes
    role: str
    """What it is for: ``model``, ``runtime``, ``source``, ``golden``, ``report``, ``doc``."""
    executable: bool = False


def component_problem(text: str) -> str:
    """Say why `text` can't be a file name on some system, or return an empty string.

    Only ASCII letters, digits and ``._+-`` are taken, so that no two names differ by Unicode normalisation and none
    holds a separator, a drive's colon or a direction mark.
    """
    if not _COMPONENT.match(text):
        return "only letters, digits and ._+- are allowed, 100 at most, and no dot or dash in front"
    if text.endswith("."):
        return "Windows drops the dot at its end"
    if is_device(text):
        return "Windows keeps that name for a device"
    return ""


def path_problems(paths: Sequence[str]) -> list[str]:
    """Say what is wrong with each of a bundle's paths, and with all of them together."""
    problems = [f"{path!a}: {why}" for path in paths if (why := _path_problem(path))]
    seen = collections.Counter(path.lower() for path in paths)
    problems += [f"{path!a}: there twice where case is ignored" for path, count in sorted(seen.items()) if count > 1]
    problems += [f"{path!a}: a file and a folder at once" for path in sorted(set(_folders(seen))) if path in seen]
    return problems


def _path_problem(path: str) -> str:
    *folders, name = path.split("/")
    if len("/".join(folders)) > _FOLDERS:
        return f"its folders are longer than {_FOLDERS} characters"
    return next((why for part in (*folders, name) if (why := component_problem(part))), "")


def _folders(paths: Iterable[str]) -> Iterable[str]:
    for path in paths:
        parts = path.split("/")
        yield from ("/".join(parts[:end]) for end in range(1, len(parts)))
