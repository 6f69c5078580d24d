"""Bridges between TFLite's generated schema classes and plain values.

The schema module is LiteRT's own; it is imported late because it costs 0.1 s.
"""

import functools
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from packager.errors import UnsupportedError
from packager.ir.dtype import DType
from packager.ir.model import NO_ATTRS

IDENTIFIER = b"TFL3"
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def schema() -> Any:
    from ai_edge_litert import schema_py_generated

    return schema_py_generated


@functools.cache
def names_of(enum: str) -> Mapping[int, str]:
    """An enum of the schema, number to name."""
    members = vars(getattr(schema(), enum))
    return MappingProxyType({v: k for k, v in members.items() if isinstance(v, int)})


@functools.cache
def numbers_of(enum: str) -> Mapping[str, int]:
    return MappingProxyType({name: number for number, name in names_of(enum).items()})


def dtype_of(code: int) -> DType:
    try:
        return DType(names_of("TensorType")[code].lower())
    except (KeyError, ValueError):
        raise UnsupportedError(
            f"tensor type {code} is not in TFLite's schema", hint="the file is damaged or newer than this EdgePack"
        ) from None


def code_of(dtype: DType) -> int:
    return numbers_of("TensorType")[dtype.value.upper()]


@functools.cache
def snake(name: str) -> str:
    """``dilationWFactor`` as the schema spells it: ``dilation_w_factor``."""
    return _HUMP.sub("_", name).lower()


def fields_of(table: Any) -> Mapping[str, Any]:
    """An object of the schema as plain values, keys in the schema's own spelling."""
    if table is None:
        return NO_ATTRS
    return MappingProxyType({snake(key): _plain(value, key) for key, value in vars(table).items()})


def table_of(kind: str, fields: Mapping[str, Any]) -> Any:
    """The reverse of `fields_of`: an object of the schema's class `kind` (without the T)."""
    table = getattr(schema(), f"{kind}T")()
    spelled = {snake(key): key for key in vars(table)}
    for key, value in fields.items():
        if key not in spelled:
            raise KeyError(f"{kind} has no option {key!r}")
        setattr(table, spelled[key], list(value) if isinstance(value, tuple) else value)
    return table


def _plain(value: Any, key: str) -> Any:
    if value is None or isinstance(value, (bool, int, float, bytes)):
        return value
    if isinstance(value, str):
        return value
    if isinstance(value, (np.ndarray, list, tuple)):
        return tuple(_plain(v.item() if isinstance(v, np.generic) else v, key) for v in value)
    if isinstance(value, np.generic):
        return value.item()
    raise UnsupportedError(
        f"the option {key!r} holds a nested table, which would be lost",
        hint="re-export the model without StableHLO operators",
    )
