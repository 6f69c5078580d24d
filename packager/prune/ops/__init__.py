"""One module per operator: how channels pass through it, found by the operator's own name."""

from packager.prune._contract import Flow
from packager.util.lookup import find_export

__all__ = ["find_flow"]


def find_flow(op: str) -> Flow | None:
    """Return how channels pass through an operator, None where that is not known."""
    flow: Flow | None = find_export(__name__, op, "FLOW")
    return flow
