"""Two steps at a time: most of a build is spent waiting for child processes, one after the other."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

_SMALL = 16 << 20
"""Bytes of a model up to which two children fit where one of a large model would: peak memory is promised."""


def together(function: Callable[[T], R], items: Iterable[T], *, model_bytes: int) -> list[R]:
    """Return ``[function(item) for item in items]``, two at a time for a model that is not large.

    The first failure in the order of the items is raised, once those that had begun have ended.
    """
    with ThreadPoolExecutor(max_workers=2 if model_bytes <= _SMALL else 1) as pool:
        return list(pool.map(function, items))
