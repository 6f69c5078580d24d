"""One module per operator: its form in ONNX, found by the operator's own name."""

import functools
import importlib
import importlib.util

from packager.emit.onnx.forms._contract import Form

__all__ = ["Form", "find_form"]


@functools.cache
def find_form(op: str) -> Form | None:
    """Return an operator's form in ONNX, None where it has none."""
    module = f"{__name__}.{op.lower()}"
    if not op.isidentifier() or op.startswith("_") or importlib.util.find_spec(module) is None:
        return None
    form: Form = importlib.import_module(module).FORM
    return form
