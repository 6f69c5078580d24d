"""One module per operator, found by the operator's own name."""

from packager.ops._contract import ARITHMETICS, FAST17, MISFITS, Array, Call, OpDef, call_of, misfit
from packager.util.lookup import find_export

__all__ = ["ARITHMETICS", "FAST17", "MISFITS", "Array", "Call", "OpDef", "call_of", "find_op", "misfit"]


def find_op(name: str) -> OpDef | None:
    """Return what is known of an operator, None where there is no module of its name."""
    op: OpDef | None = find_export(__name__, name, "OP")
    return op
