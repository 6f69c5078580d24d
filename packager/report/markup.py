"""Text for Markdown: names from a model may hold pipes, backticks, links or HTML, and must stay plain text."""

import html
import re

from packager.report.text import visible

_ACTIVE = re.compile(r"([\\`*\[\]|]|~(?=.*~)|(?<!\w)_|_(?!\w))")
"""What means something inside a line, a tilde only where another follows; the rest means something only at the start of
a line, where we never put a name."""


def cell(text: str) -> str:
    """Plain text in a table's cell or a paragraph, on one line."""
    return _ACTIVE.sub(r"\\\1", html.escape(visible(text), quote=False))


def code(text: str) -> str:
    """A name in a code span; GitHub's tables want a pipe escaped even there."""
    plain = visible(text).replace("`", "'").replace("|", "\\|").strip()
    return f"`{plain}`" if plain else ""
