"""Operators as TensorFlow differentiates them: a module a family, each with its `OPS`; found by the operator's name."""

import functools
import importlib
import pkgutil
from collections.abc import Mapping

from packager.train._contract import Trainable

__all__ = ["find_trainable"]


@functools.cache
def _all() -> Mapping[str, Trainable]:
    found: dict[str, Trainable] = {}
    for module in pkgutil.iter_modules(__path__):
        found |= importlib.import_module(f"{__name__}.{module.name}").OPS
    return found


def find_trainable(op: str) -> Trainable | None:
    """Return how an operator is trained through, None where that is not known. Imports no TensorFlow."""
    return _all().get(op)
