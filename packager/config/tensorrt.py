"""What a release of TensorRT's ONNX parser takes, read from `targets/tensorrt/parser-<release>.toml`."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from packager.config._table import from_table, parse_toml
from packager.data import data_dir
from packager.errors import ConfigError

_PREFIX, _SUFFIX = "parser-", ".toml"
_MERGED = ("types", "constant", "rules", "unsure")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class OnnxParser:
    version: str
    """``8.2``."""
    max_opset: int
    """The newest that a source names."""
    sources: tuple[str, ...]
    types: Mapping[str, str]
    """By operator, the types it takes, apart by spaces: ``FP32 FP16 INT32``. One that is not here is refused."""
    extends: str = ""
    constant: Mapping[str, tuple[int, ...]] = dataclasses.field(default_factory=dict)
    """Positions of the inputs that must be initializers."""
    rules: Mapping[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)
    """Further conditions, named as the functions of `packager.plan._tensorrt_rules`."""
    unsure: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """Operators whose import hangs on something that no source settles, with what it is."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Rewrites:
    sources: tuple[str, ...]
    rewrites: Mapping[str, str]
    """By operator, what to write where it is refused."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class DlaFacts:
    last: str
    """The last TensorRT with a DLA."""
    max_batch: int
    max_size: int
    """Of any dimension behind the batch."""
    sources: tuple[str, ...]
    native: Mapping[str, str]
    """By operator, the first TensorRT that gives it to Orin's DLA."""
    rules: Mapping[str, tuple[str, ...]]
    """Further conditions, named as the functions of `packager.plan.dla`."""
    unsure: Mapping[str, str]
    rewrites: Mapping[str, str]


def load_onnx_parser(version: str) -> OnnxParser:
    """Read what the parser of a TensorRT takes: ``8.2.1`` gives the facts of 8.2.

    A release without a file of its own is as the one before it.

    Raises:
        ConfigError: a TensorRT older than every one described.
    """
    known = {release_numbers(name): name for name in parser_versions()}
    older = [release for release in known if release <= release_numbers(version)]
    if not older:
        raise ConfigError(
            f"nothing is known of the ONNX parser of TensorRT {version}",
            hint=f"update JetPack: TensorRT {known[min(known)]} is the oldest described",
        )
    release = known[max(older)]
    return from_table(OnnxParser, _merged(release), source=f"{_PREFIX}{release}{_SUFFIX}")


def parser_versions() -> list[str]:
    """Return the releases that are described, oldest first."""
    names = (p.name for p in (data_dir("targets") / "tensorrt").iterdir() if p.name.startswith(_PREFIX))
    return sorted((n.removeprefix(_PREFIX).removesuffix(_SUFFIX) for n in names), key=release_numbers)


def load_rewrites() -> Mapping[str, str]:
    """Return what to write instead of a refused operator, by operator."""
    return from_table(Rewrites, _read("rewrites.toml"), source="rewrites.toml").rewrites


def load_dla() -> DlaFacts:
    """Read what a DLA runs."""
    return from_table(DlaFacts, _read("dla.toml"), source="dla.toml")


def release_numbers(version: str, parts: int = 2) -> tuple[int, ...]:
    """``8.2.1`` as (8, 2): what the parser takes changes with the minor release.

    Raises:
        ConfigError: it is no version.
    """
    numbers = version.split(".")[:parts]
    if not all(part.isdecimal() for part in numbers):
        raise ConfigError(f"{version!r} is no version of TensorRT", hint="write it as 10.3.0")
    return tuple(map(int, numbers))


def _merged(release: str) -> dict[str, Any]:
    table = _read(f"{_PREFIX}{release}{_SUFFIX}")
    base = _merged(table["extends"]) if "extends" in table else {}
    return base | table | {key: base.get(key, {}) | table.get(key, {}) for key in _MERGED}


def _read(name: str) -> dict[str, Any]:
    return parse_toml((data_dir("targets") / "tensorrt" / name).read_text("utf-8"), source=name)
