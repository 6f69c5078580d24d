"""TOML tables into frozen dataclasses: unknown keys refused with the nearest name, types checked, nothing guessed."""

import dataclasses
import tomllib
import types
import typing
from collections.abc import Mapping
from typing import Any, TypeVar

from packager.errors import ConfigError, did_you_mean

T = TypeVar("T")


def parse_toml(text: str, *, source: str) -> dict[str, Any]:
    """Parse TOML; `source` names the file in the error.

    Raises:
        ConfigError: not TOML; with line and column.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{source}: {error}", hint="the file must be TOML") from None


def from_table(cls: type[T], table: Mapping[str, Any], *, source: str, prefix: str = "") -> T:
    """Build the dataclass `cls` from a table; nested dataclasses, tuples of them, and optional fields included.

    Raises:
        ConfigError: an unknown or missing key, or a value of the wrong type; the message names file and key.
    """
    assert dataclasses.is_dataclass(cls)
    hints = typing.get_type_hints(cls)
    fields = {f.name: f for f in dataclasses.fields(cls) if f.init}
    for key in table:
        if key not in fields:
            raise ConfigError(f"{source}: unknown key {prefix + key!r}", hint=did_you_mean(key, fields))
    values = {key: _value(hints[key], value, source, prefix + key) for key, value in table.items()}
    missing = [
        prefix + name
        for name, f in fields.items()
        if name not in values and f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING
    ]
    if missing:
        raise ConfigError(f"{source}: missing {', '.join(repr(m) for m in missing)}", hint="add it to the file")
    return typing.cast("T", cls(**values))


def _value(hint: Any, value: Any, source: str, key: str) -> Any:
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        (inner,) = [a for a in args if a is not type(None)]
        return _value(inner, value, source, key)
    if dataclasses.is_dataclass(hint):
        if not isinstance(value, Mapping):
            raise ConfigError(f"{source}: {key!r} must be a table", hint=f"write [{key}]")
        return from_table(typing.cast("type[Any]", hint), value, source=source, prefix=f"{key}.")
    if origin is tuple:
        if not isinstance(value, list):
            raise ConfigError(f"{source}: {key!r} must be a list", hint=f"write {key} = [...]")
        return tuple(_value(args[0], v, source, f"{key}[{i}]") for i, v in enumerate(value))
    if origin in (dict, Mapping) or hint is Mapping or str(origin).endswith("Mapping'>"):
        if not isinstance(value, Mapping):
            raise ConfigError(f"{source}: {key!r} must be a table", hint=f"write [{key}]")
        return {k: _value(args[1], v, source, f"{key}.{k}") for k, v in value.items()}
    return _scalar(hint, value, source, key)


def _scalar(hint: Any, value: Any, source: str, key: str) -> Any:
    if hint is Any:
        return value
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, hint) and (hint is bool or not isinstance(value, bool)):
        return value
    raise ConfigError(
        f"{source}: {key!r} must be {hint.__name__}, not {type(value).__name__}", hint=f"its value is {value!r}"
    )
