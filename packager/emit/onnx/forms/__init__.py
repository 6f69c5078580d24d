"""One module per operator: its form in ONNX, found by the operator's own name."""

from packager.emit.onnx.forms._contract import Form
from packager.util.lookup import find_export

__all__ = ["Form", "find_form"]


def find_form(op: str) -> Form | None:
    """Return an operator's form in ONNX, None where it has none."""
    form: Form | None = find_export(__name__, op, "FORM")
    return form
