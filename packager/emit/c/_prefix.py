"""Another prefix than ``model`` for what the generated code exports, so that one program holds several models.

Names of files stay: each runtime lies in a folder of its own. Templates are renamed before they are filled in, so that
no name of the model's own is touched.
"""

import re

from packager.errors import ConfigError

DEFAULT = "model"
_VALID = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z")
_OURS = frozenset({"ep", "edgepack"})
"""Prefixes of the kernels, in both cases."""
_NAMES = re.compile(r"\bmodel_(?!path\b|weights(?:_arrays)?\.)")
"""Of functions, types and constants; `model_path` is LiteRT's word, the rest are files."""
_MACROS = re.compile(r"\bMODEL_(?!API\b)")
"""`MODEL_API` is set by whoever compiles."""
_CONSTANTS = re.compile(r"\bmodel_(?=\d+_|tensor_\d)")


def check_prefix(prefix: str) -> None:
    """Refuse what can't begin names of C.

    Raises:
        ConfigError: it is no identifier, or one that the kernels' names begin with.
    """
    if not _VALID.match(prefix):
        raise ConfigError(f"the C prefix {prefix!r} is no identifier", hint="letters, digits and _, a letter first")
    if prefix.lower() in _OURS:
        raise ConfigError(f"the C prefix {prefix!r} is the kernels' own", hint="take another, such as the model's name")


def renamed(text: str, prefix: str) -> str:
    """Return a template, or a file that is copied, with its names under `prefix`."""
    return _MACROS.sub(f"{prefix.upper()}_", _NAMES.sub(f"{prefix}_", text))


def constants_renamed(text: str, prefix: str) -> str:
    """Return generated C with the names of its constants under `prefix`."""
    return _CONSTANTS.sub(f"{prefix}_", text)
