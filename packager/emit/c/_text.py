"""Python values as C source text."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from packager.emit.c._contract import Constant, Fields, Ints

_LINE = 116
_NAME = 63
_LEAST = -(1 << 31)


def comment(text: str) -> str:
    """Text that can stand in a C comment: ASCII, and neither end nor beginning of one."""
    plain = text.encode("ascii", "backslashreplace").decode()
    plain = "".join(c if c.isprintable() else "?" for c in plain)
    return plain.replace("*/", "* /").replace("/*", "/ *").replace("??", "? ?")


def string(text: str) -> str:
    """A C string literal."""
    return json.dumps(comment(text))


def identifier(start: str, name: str) -> str:
    """`start`, and what of a tensor's name can stand in C, up to the first ``;`` of names that a converter merged.

    C99 tells 63 characters of an internal name apart (5.2.4.1); `start` does that by itself.
    """
    rest = re.sub(r"[^A-Za-z0-9]+", "_", name.partition(";")[0]).strip("_").lower()
    return f"{start}_{rest}"[:_NAME].rstrip("_")


def number(value: Any) -> str:
    """A literal: floats in hexadecimal, so that not a bit is lost; the least int32 as an expression, as C wants."""
    if isinstance(value, (float, np.floating)):
        return f"{float(value).hex()}f"
    whole = int(value)
    return f"({whole + 1} - 1)" if whole == _LEAST else str(whole)


def decimal(value: Any) -> str:
    """A float literal for C before C99 and C++ before C++17: the shortest decimal that reads back as the same float."""
    return f"{np.format_float_scientific(np.float32(value), unique=True, trim='0')}f"


def initialiser(value: Any) -> str:
    """A struct's fields, an array, a number, or a C expression as it is."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f".{name} = {initialiser(item)}" for name, item in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "{" + ", ".join(initialiser(item) for item in value) + "}"
    return value if isinstance(value, str) else number(value)


def block(value: Fields | Sequence[Any], indent: str) -> str:
    """A struct's or an array's initialiser as it stands behind ``=``: each item that is a struct begins a line."""
    named = value.items() if isinstance(value, Mapping) else ((None, item) for item in value)
    items: list[list[str]] = [[]]
    for name, item in named:
        units = re.split(r"(?<=,) ", (f".{name} = " if name else "") + initialiser(item) + ",")
        if isinstance(item, Mapping):
            items += [units, []]
        else:
            items[-1] += units
    lines = [f"{indent}    {line}" for units in items for line in _lines(units, _LINE - len(indent) - 4)]
    return "\n".join(["{", *lines, f"{indent}}};"])


def _lines(words: Sequence[str], width: int) -> Iterator[str]:
    line: list[str] = []
    length = 0
    for word in words:
        if line and length + 1 + len(word) > width:
            yield " ".join(line)
            line, length = [], 0
        line.append(word)
        length += len(word) + (length > 0)
    if line:
        yield " ".join(line)


def definition(symbol: str, constant: Constant) -> str:
    head = f"EP_CONSTANT const {constant.ctype} {symbol}[{len(constant.values)}] = {{"
    return "\n".join([head, *_numbers(constant.values, doubles=constant.ctype == "double"), "};"])


def _numbers(values: Ints, per_line: int = 24, *, doubles: bool = False) -> Iterator[str]:
    """Lines of numbers. A table of all bytes makes weights fast to write: there may be millions."""
    if values.dtype.kind == "f":
        texts = [float(v).hex() for v in values] if doubles else [number(v) for v in np.asarray(values, np.float32)]
        per_line = 6
    elif values.dtype.itemsize == 1:
        table = [str(v) for v in range(-128, 256)]
        texts = [table[v + 128] for v in values.tolist()]
    else:
        texts = [number(v) for v in values.tolist()]
        per_line = 10
    for start in range(0, len(texts), per_line):
        yield "    " + ", ".join(texts[start : start + per_line]) + ","
