"""Which of several versions is the newest."""

import re
from collections.abc import Iterable

_VERSION = re.compile(r"v?(?P<release>\d+(?:\.\d+)*)(?P<rest>.*)")
_PART = re.compile(r"\d+|[A-Za-z]+")

Key = tuple[bool, tuple[int, ...], bool, tuple[tuple[int, int, str], ...]]


def newest(versions: Iterable[str]) -> str:
    """Return the highest release; the highest pre-release only where there is no release.

    Numbers are compared as numbers. ``1.2.0-rc1`` is a pre-release of ``1.2.0``, as in Semantic Versioning 2.0.0,
    section 11; what follows a plus, ``1.2.0+4``, is a build of it and later. A word without a number in front is older
    than all.
    """
    return max(versions, key=_key)


def _key(version: str) -> tuple[Key, str]:
    match = _VERSION.fullmatch(version)
    if not match:
        return (False, (), False, ()), version
    rest = match["rest"]
    release = tuple(int(number) for number in match["release"].split("."))
    while release and not release[-1]:
        release = release[:-1]
    final = not rest or rest.startswith("+")
    parts = tuple((0, int(p), "") if p.isdigit() else (1, 0, p.lower()) for p in _PART.findall(rest))
    return (final, release, final, parts), version
