"""Constants as one file for the assembler's ``.incbin``, and as C arrays for compilers without it."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from packager.emit.c import _text as text
from packager.emit.c._contract import WIDTHS, Constant
from packager.plan.memory import ALIGNMENT
from packager.util.hashing import sha256_bytes

ARRAYS = 1 << 20
"""Bytes of constants up to which they come as C arrays too. Arrays are four times as long as what they say, and a
compiler spends a second on each megabyte."""


def weights_of(constants: Sequence[tuple[str, Constant]]) -> dict[str, Any]:
    """Return what the templates ``model_weights.*`` need, the file's bytes as ``blob``."""
    assert all(len(c.values) for _, c in constants), "C has no array without elements"
    parts = [_little(constant) for _, constant in constants]
    starts = list(_starts(parts))
    blob = b"".join(part + bytes(-len(part) % ALIGNMENT) for part in parts)
    size = sum(len(part) for part in parts)
    arrays = size <= ARRAYS
    return {
        "blob": blob,
        "blob_align": ALIGNMENT,
        "blob_sha256": sha256_bytes(blob),
        "constant_bytes": size,
        "arrays": arrays,
        "symbols": [(symbol, c.ctype, len(c.values)) for symbol, c in constants],
        "spans": [(symbol, at, len(part)) for (symbol, _), at, part in zip(constants, starts, parts, strict=True)],
        "definitions": [text.definition(symbol, c) for symbol, c in constants] if arrays else [],
    }


def _starts(parts: Sequence[bytes]) -> Iterator[int]:
    at = 0
    for part in parts:
        yield at
        at += -(-len(part) // ALIGNMENT) * ALIGNMENT


def _little(constant: Constant) -> bytes:
    """The array as it lies in a little-endian CPU's memory."""
    kind = "f" if constant.ctype in {"float", "double"} else constant.ctype[0]
    return np.asarray(constant.values).astype(f"<{kind}{WIDTHS[constant.ctype]}").tobytes()
