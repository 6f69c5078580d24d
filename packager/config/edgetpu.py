"""What a release of the Edge TPU compiler takes, read from `targets/edgetpu/compiler-<release>.toml`."""

import dataclasses
from collections.abc import Mapping

from packager.config._table import from_table, parse_toml
from packager.data import data_dir
from packager.errors import ConfigError, did_you_mean

_PREFIX, _SUFFIX = "compiler-", ".toml"


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class EdgeTpuOp:
    """An operator that the compiler can map."""

    constant_inputs: tuple[int, ...] = ()
    """Positions of the inputs that must be constant."""
    rules: tuple[str, ...] = ()
    """Further conditions, named as the functions of `packager.plan._edgetpu_rules`."""
    mapped_version: int = 2
    """The newest version seen mapped."""
    refused_version: int | None = None
    """The oldest version seen refused, where one was."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class EdgeTpuCompiler:
    version: str
    sources: tuple[str, ...]
    max_versions: Mapping[str, int]
    """By operator, the newest version that the compiler parses; an operator that is not here it does not know."""
    limits: Mapping[str, tuple[int, ...]]
    """By name, the largest size seen mapped and the smallest seen refused."""
    ops: Mapping[str, EdgeTpuOp]


def load_edgetpu_compiler(release: str) -> EdgeTpuCompiler:
    """Read the facts of a compiler release, ``16.0``.

    Raises:
        ConfigError: nothing is known of that release.
    """
    folder = data_dir("targets") / "edgetpu"
    known = [p.name.removeprefix(_PREFIX).removesuffix(_SUFFIX) for p in folder.iterdir()]
    if release not in known:
        raise ConfigError(f"no Edge TPU compiler {release!r} is described", hint=did_you_mean(release, known))
    name = f"{_PREFIX}{release}{_SUFFIX}"
    return from_table(EdgeTpuCompiler, parse_toml((folder / name).read_text("utf-8"), source=name), source=name)
