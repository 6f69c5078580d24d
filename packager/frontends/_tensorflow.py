"""What the front ends that run TensorFlow share; `converting` runs in the child, the rest in the build."""

import contextlib
import importlib.metadata
import re
from collections.abc import Iterator
from pathlib import Path

from packager.errors import Diagnostic, Severity, UnsupportedError
from packager.ir import Model

_LISTED = re.compile(r"^\s*(?:Flex|Custom) ops: (.+)$", re.MULTILINE)
_HINT = "replace the operator, or cut the model before it"


@contextlib.contextmanager
def converting(path: Path) -> Iterator[None]:
    """Turn the converter's page of advice into one line.

    Raises:
        UnsupportedError: the converter has no counterpart for an operator.
    """
    from tensorflow.lite.python.convert import ConverterError

    try:
        yield
    except ConverterError as error:
        text = str(error)
        listed = sorted({op.strip() for ops in _LISTED.findall(text) for op in ops.split(",")})
        reason = f"no TFLite operator for {', '.join(listed)}" if listed else text.strip().splitlines()[0][:200]
        raise UnsupportedError(
            f"{path}: TensorFlow's converter refuses it: {reason}", hint=_HINT, details=text
        ) from None


def refuse_flex(model: Model, path: Path) -> None:
    """Refuse a model that kept TensorFlow's own operators, which run only where TensorFlow is.

    Raises:
        UnsupportedError: names every one.
    """
    found = [
        Diagnostic(
            severity=Severity.ERROR,
            where=graph.where(i),
            message="has no TFLite counterpart",
            hint=_HINT,
        )
        for graph in model.graphs
        for i, node in enumerate(graph.nodes)
        if node.custom_code.startswith("Flex")
    ]
    if found:
        raise UnsupportedError.from_diagnostics(str(path), found)


def versions(*distributions: str) -> tuple[tuple[str, str], ...]:
    """Return name and version of each distribution that is installed, without importing it."""
    found = []
    for name in distributions:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            found.append((name, importlib.metadata.version(name)))
    return tuple(found)
