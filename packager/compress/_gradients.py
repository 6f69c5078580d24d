"""What keeps gradients of a model from being computed."""

from collections.abc import Iterator

from packager.errors import Diagnostic, Severity, UnsupportedError
from packager.ir import Model
from packager.train import check_trainable, need_tensorflow


def ungraded(model: Model) -> Iterator[Diagnostic]:
    """Yield what keeps gradients from being computed, found without TensorFlow.

    Raises:
        ToolError: TensorFlow is not installed.
    """
    need_tensorflow()
    try:
        check_trainable(model)
    except UnsupportedError as error:
        yield Diagnostic(severity=Severity.ERROR, message=str(error).removeprefix(f"{model.name}: "), hint=error.hint)
