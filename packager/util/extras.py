"""Libraries that an extra of the distribution brings: asked for before they are needed, never imported here."""

import importlib.util
from collections.abc import Sequence

from packager.errors import ToolError


def need(modules: Sequence[str], extra: str, why: str) -> None:
    """Check that libraries are installed, without importing them.

    Raises:
        ToolError: one is not; names the extra that brings it.
    """
    missing = [m for m in modules if importlib.util.find_spec(m) is None]
    if missing:
        raise ToolError(f"{why} needs {' and '.join(missing)}", hint=f"pip install 'edgepack[{extra}]'")
