"""One module per operator: how channels pass through it, found by the operator's own name."""

import functools
import importlib
import importlib.util

from packager.prune._contract import Flow

__all__ = ["find_flow"]


@functools.cache
def find_flow(op: str) -> Flow | None:
    """Return how channels pass through an operator, None where that is not known."""
    module = f"{__name__}.{op.lower()}"
    if not op.isidentifier() or op.startswith("_") or importlib.util.find_spec(module) is None:
        return None
    flow: Flow = importlib.import_module(module).FLOW
    return flow
