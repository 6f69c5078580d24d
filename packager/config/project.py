"""`edgepack.toml`: the options of `edgepack build`, written down. Flags on the command line win over it."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from packager.config._table import from_table, parse_toml
from packager.config.samples import RANDOM
from packager.errors import ConfigError

FILE = "edgepack.toml"


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Project:
    """One table a file; paths are relative to the file."""

    model: str = ""
    targets: tuple[str, ...] = ()
    out: str = "dist"
    calibration: str = ""
    """A data file or folder, or ``random``."""
    train: str = ""
    eval: str = ""
    recipe: str = ""
    arithmetic: str = ""
    budget: str = ""
    name: str = ""
    version: str = "0.1.0"
    inputs: str = ""
    outputs: str = ""
    input_shapes: Mapping[str, tuple[int, ...]] = dataclasses.field(default_factory=dict)
    cut_at: tuple[str, ...] = ()
    keep_dead_channels: bool = False
    prune: str = ""
    """A share, ``"0.3"``, or a TOML file."""
    max_drop: float | None = None
    seed: int = 0
    c_prefix: str = "model"
    frames_per_second: float | None = None


_PATHS = ("model", "out", "calibration", "train", "eval", "budget", "prune")


def load_project(path: Path) -> Project:
    """Read the file; its paths come back relative to where the command runs.

    Raises:
        ConfigError: it is missing, not TOML, or holds an unknown key.
    """
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        raise ConfigError(f"no model given, and no {FILE} here", hint="edgepack build MODEL --target NAME") from None
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}", hint="check its permissions") from None
    project = from_table(Project, parse_toml(text, source=path.name), source=path.name)
    moved: dict[str, Any] = {key: str(path.parent / getattr(project, key)) for key in _PATHS if _is_path(project, key)}
    return dataclasses.replace(project, **moved)


def _is_path(project: Project, key: str) -> bool:
    value = getattr(project, key)
    is_word = (key == "calibration" and value == RANDOM) or (key == "prune" and not value.endswith(".toml"))
    return bool(value) and not is_word
