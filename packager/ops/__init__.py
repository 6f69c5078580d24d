"""One module per operator, found by the operator's own name."""

import functools
import importlib
import importlib.util

from packager.ops._contract import ARITHMETICS, Array, Call, OpDef, call_of

__all__ = ["ARITHMETICS", "Array", "Call", "OpDef", "call_of", "find_op"]


@functools.cache
def find_op(name: str) -> OpDef | None:
    """Return what is known of an operator, None where there is no module of its name."""
    module = f"{__name__}.{name.lower()}"
    if not name.isidentifier() or name.startswith("_") or importlib.util.find_spec(module) is None:
        return None
    op: OpDef = importlib.import_module(module).OP
    return op
