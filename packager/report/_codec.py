"""Frozen dataclasses to JSON and back, every value checked, every complaint with the key's path."""

import dataclasses
import enum
import json
import math
import types
import typing
from collections.abc import Mapping
from typing import Any, TypeVar

from packager.errors import IntegrityError

T = TypeVar("T")

_EXACT = 2.0**53
"""Up to here every whole float is one integer, and is written without its ``.0``."""


def encode(value: Any) -> Any:
    """Turn a dataclass, tuple, enum or scalar into what `json` writes."""
    if dataclasses.is_dataclass(value):
        return {f.name: encode(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, tuple):
        return [encode(v) for v in value]
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, float) and value.is_integer() and abs(value) <= _EXACT:
        return int(value)
    return value


def dumps(document: Any) -> bytes:
    """Write JSON in ASCII, a line an entry, floats by `repr`; NaN and infinity raise ValueError."""
    return (json.dumps(document, indent=1, ensure_ascii=True, allow_nan=False) + "\n").encode("ascii")


def loads(content: bytes, *, source: str) -> Any:
    """Parse JSON.

    Raises:
        IntegrityError: not UTF-8, not JSON, NaN or infinity in it, or nested too deep.
    """
    try:
        return json.loads(content.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise IntegrityError(f"{source}: not a JSON document ({error})", hint="the file is damaged") from None


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")


def decode(cls: type[T], value: Any, *, source: str, key: str = "") -> T:
    """Build the dataclass `cls` from a JSON object. Keys that this version does not know are ignored.

    Raises:
        IntegrityError: a missing key or a value of the wrong type; the message has the key's path.
    """
    if not isinstance(value, Mapping):
        raise _wrong(source, key or "the document", "an object", value)
    assert dataclasses.is_dataclass(cls)
    hints = typing.get_type_hints(cls)
    given = {}
    for field in dataclasses.fields(cls):
        path = f"{key}.{field.name}" if key else field.name
        if field.name in value:
            given[field.name] = _value(hints[field.name], value[field.name], source, path)
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            raise IntegrityError(f"{source}: missing {path!r}", hint="the file is damaged or not a report")
    return typing.cast("T", cls(**given))


def _value(hint: Any, value: Any, source: str, key: str) -> Any:
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        (inner,) = [a for a in args if a is not types.NoneType]
        return None if value is None else _value(inner, value, source, key)
    if origin is tuple:
        if not isinstance(value, list):
            raise _wrong(source, key, "a list", value)
        return tuple(_value(args[0], v, source, f"{key}[{i}]") for i, v in enumerate(value))
    if dataclasses.is_dataclass(hint):
        return decode(typing.cast("type[Any]", hint), value, source=source, key=key)
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        if value not in [member.value for member in hint]:
            raise _wrong(source, key, "one of " + ", ".join(str(m.value) for m in hint), value)
        return hint(value)
    return _scalar(hint, value, source, key)


_WORDS: Mapping[type[Any], str] = {str: "text", int: "a whole number", float: "a number", bool: "true or false"}


def _scalar(hint: type[Any], value: Any, source: str, key: str) -> Any:
    if isinstance(value, bool) != (hint is bool) or not isinstance(value, (int, float) if hint is float else hint):
        raise _wrong(source, key, _WORDS[hint], value)
    if hint is not float:
        return value
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise _wrong(source, key, "a finite number", value)
    return number


def _wrong(source: str, key: str, wanted: str, value: Any) -> IntegrityError:
    shown = repr(value)
    shown = shown if len(shown) <= 40 else shown[:37] + "..."
    return IntegrityError(
        f"{source}: {key!r} must be {wanted}, not {shown}", hint="the file is damaged or not a report"
    )
